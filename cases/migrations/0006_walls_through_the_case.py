import django.db.models.deletion
from django.db import migrations, models

from opsa.core.rls import OfficeScope, OfficeScopeThrough

# A person is written down before the case names them, and looked for by number: so they carry the
# office themselves. At the counter it is the office of the request; a person written by the system
# gets it from the case. Another office's person cannot be drawn in: at the counter that row is not
# there to be changed.
KEEP = """
CREATE FUNCTION cases_citizen_office() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.agency_id IS NULL AND TG_OP = 'UPDATE' THEN
        NEW.agency_id := OLD.agency_id;
    END IF;
    IF NEW.agency_id IS NULL THEN
        NEW.agency_id := NULLIF(current_setting('app.office', true), '')::bigint;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER citizen_office BEFORE INSERT OR UPDATE OF agency_id ON cases_citizen
    FOR EACH ROW EXECUTE FUNCTION cases_citizen_office();

CREATE FUNCTION cases_people_of_the_office() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR (OLD.filer_id, OLD.subject_id, OLD.agency_id)
        IS DISTINCT FROM (NEW.filer_id, NEW.subject_id, NEW.agency_id)
    THEN
        UPDATE cases_citizen SET agency_id = NEW.agency_id
            WHERE id IN (NEW.filer_id, NEW.subject_id)
            AND agency_id IS DISTINCT FROM NEW.agency_id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER people_of_the_office
    AFTER INSERT OR UPDATE OF filer_id, subject_id, agency_id ON cases_case
    FOR EACH ROW EXECUTE FUNCTION cases_people_of_the_office();

UPDATE cases_citizen SET agency_id = cases_case.agency_id
FROM cases_case WHERE cases_citizen.id IN (cases_case.filer_id, cases_case.subject_id);
"""
FORGET = """
DROP TRIGGER people_of_the_office ON cases_case;
DROP FUNCTION cases_people_of_the_office();
DROP TRIGGER citizen_office ON cases_citizen;
DROP FUNCTION cases_citizen_office();
"""
OF_A_CASE = (
    "cases_casedocument",
    "cases_casefee",
    "cases_deliveryaddress",
    "cases_filing",
    "cases_mandate",
    "cases_message",
    "cases_pollstate",
)


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_case_filer_name")]

    operations = [
        migrations.AddField(
            "citizen",
            "agency",
            models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="agencies.agency",
            ),
        ),
        migrations.RunSQL(KEEP, FORGET),
        OfficeScope("cases_citizen"),
        *(OfficeScopeThrough(table, "case_id", "cases_case") for table in OF_A_CASE),
        OfficeScopeThrough("cases_statusreport", "filing_id", "cases_filing"),
    ]
