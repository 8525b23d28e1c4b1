from django.db import migrations

# A case of a practice office goes to the practice system and has a practice reference; any other
# case has neither (F25). Held here, whatever a setting, an office's own way or a script says.
KEEP = """
CREATE FUNCTION cases_practice_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    practised boolean;
BEGIN
    SELECT is_practice INTO practised FROM agencies_agency WHERE id = NEW.agency_id;
    IF practised <> (NEW.system_id = 'tap-su') THEN
        RAISE EXCEPTION 'practice and real filing systems do not mix'
            USING ERRCODE = 'check_violation';
    END IF;
    IF practised <> (NEW.reference LIKE '0%') THEN
        RAISE EXCEPTION 'practice and real references do not mix'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER practice_apart BEFORE INSERT OR UPDATE OF agency_id, system_id, reference
    ON cases_case FOR EACH ROW EXECUTE FUNCTION cases_practice_apart();

CREATE FUNCTION cases_filing_practice_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.system_id = 'tap-su')
        <> (SELECT system_id = 'tap-su' FROM cases_case WHERE id = NEW.case_id)
    THEN
        RAISE EXCEPTION 'practice and real filings do not mix'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER practice_apart BEFORE INSERT OR UPDATE OF case_id, system_id
    ON cases_filing FOR EACH ROW EXECUTE FUNCTION cases_filing_practice_apart();

CREATE FUNCTION agencies_practice_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM cases_case WHERE agency_id = NEW.id) THEN
        RAISE EXCEPTION 'an office with cases stays real, or practice'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER practice_stays BEFORE UPDATE OF is_practice ON agencies_agency
    FOR EACH ROW WHEN (OLD.is_practice IS DISTINCT FROM NEW.is_practice)
    EXECUTE FUNCTION agencies_practice_stays();
"""
FORGET = """
DROP TRIGGER practice_stays ON agencies_agency;
DROP FUNCTION agencies_practice_stays();
DROP TRIGGER practice_apart ON cases_filing;
DROP FUNCTION cases_filing_practice_apart();
DROP TRIGGER practice_apart ON cases_case;
DROP FUNCTION cases_practice_apart();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0024_pace"),
        ("agencies", "0005_account_of_the_office"),
    ]

    operations = [migrations.RunSQL(KEEP, FORGET)]
