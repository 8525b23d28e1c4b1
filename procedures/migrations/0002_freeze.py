"""Published texts are frozen in the database, whoever writes to it (F15, DESIGN 6).

Allowed on a published version: its end (`state`, `valid_to`) and who published it when. Its parts
refuse every change. The share lock on the version makes a part written beside a publication wait.
"""

from django.db import migrations

PARTS = ("question", "requireddocument", "declarationfield", "feepart", "resultkind")

VERSION_SQL = """
CREATE FUNCTION procedures_version_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['state', 'valid_to', 'published_by_id', 'published_at'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state = 'draft' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'procedure version % is published and frozen', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'draft' THEN
        RETURN NEW;
    END IF;
    IF NEW.state = 'draft' OR (OLD.state = 'retired' AND NEW.state <> 'retired')
        OR (to_jsonb(OLD) - free) <> (to_jsonb(NEW) - free)
    THEN
        RAISE EXCEPTION 'procedure version % is published and frozen', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER version_frozen BEFORE UPDATE OR DELETE ON procedures_procedureversion
    FOR EACH ROW EXECUTE FUNCTION procedures_version_frozen();

CREATE FUNCTION procedures_part_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owners bigint[];
    owner bigint;
    current_state text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        owners := ARRAY[NEW.version_id];
    ELSIF TG_OP = 'DELETE' THEN
        owners := ARRAY[OLD.version_id];
    ELSE
        owners := ARRAY[OLD.version_id, NEW.version_id];
    END IF;
    FOREACH owner IN ARRAY owners LOOP
        SELECT state INTO current_state FROM procedures_procedureversion
            WHERE id = owner FOR SHARE;
        IF current_state <> 'draft' THEN
            RAISE EXCEPTION 'parts of procedure version % are published and frozen', owner
                USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
"""

VERSION_BACK = """
DROP TRIGGER version_frozen ON procedures_procedureversion;
DROP FUNCTION procedures_version_frozen();
DROP FUNCTION procedures_part_frozen();
"""


def part_sql(part: str) -> tuple[str, str]:
    table = f"procedures_{part}"
    return (
        f"CREATE TRIGGER part_frozen BEFORE INSERT OR UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION procedures_part_frozen();",
        f"DROP TRIGGER part_frozen ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("procedures", "0001_initial")]

    operations = [
        migrations.RunSQL(VERSION_SQL, VERSION_BACK),
        *(migrations.RunSQL(*part_sql(part)) for part in PARTS),
    ]
