from django.db import migrations, models

# Every line of a list shows who files. Read from the person it cost three look-ups a line; kept on
# the case by these triggers it can't go stale, whoever writes to either table.
KEEP = """
CREATE FUNCTION cases_filer_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.filer_name :=
        coalesce((SELECT name FROM cases_citizen WHERE id = NEW.filer_id), '');
    RETURN NEW;
END $$;

CREATE TRIGGER filer_name BEFORE INSERT OR UPDATE OF filer_id, filer_name ON cases_case
    FOR EACH ROW EXECUTE FUNCTION cases_filer_name();

CREATE FUNCTION cases_filer_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases_case SET filer_name = NEW.name WHERE filer_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER filer_renamed AFTER UPDATE OF name ON cases_citizen
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name)
    EXECUTE FUNCTION cases_filer_renamed();

UPDATE cases_case SET filer_name = '' WHERE filer_id IS NOT NULL;
"""
FORGET = """
DROP TRIGGER filer_name ON cases_case;
DROP FUNCTION cases_filer_name();
DROP TRIGGER filer_renamed ON cases_citizen;
DROP FUNCTION cases_filer_renamed();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_case_by_post")]

    operations = [
        migrations.AddField(
            "case",
            "filer_name",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=100,
                verbose_name="họ và tên người nộp",
            ),
        ),
        migrations.RunSQL(KEEP, FORGET),
    ]
