from django.db import migrations, models

# Every line of a list says when the filing system was last heard of. Read from the schedule it cost
# each line ten pages of the database; kept on the case by these triggers it can't go stale, whoever
# writes to either table.
KEEP = """
CREATE FUNCTION cases_heard_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.heard_at := (
        SELECT answered_at FROM cases_pollstate WHERE case_id = NEW.id
        ORDER BY filing_id DESC LIMIT 1);
    RETURN NEW;
END $$;

CREATE TRIGGER heard_at BEFORE INSERT OR UPDATE OF heard_at ON cases_case
    FOR EACH ROW EXECUTE FUNCTION cases_heard_at();

CREATE FUNCTION cases_poll_heard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases_case SET heard_at = NULL WHERE id = coalesce(NEW.case_id, OLD.case_id)
        AND (TG_OP = 'DELETE' OR heard_at IS DISTINCT FROM NEW.answered_at);
    RETURN NULL;
END $$;

CREATE TRIGGER poll_came_or_went AFTER INSERT OR DELETE ON cases_pollstate
    FOR EACH ROW EXECUTE FUNCTION cases_poll_heard();

CREATE TRIGGER poll_answered AFTER UPDATE OF answered_at ON cases_pollstate
    FOR EACH ROW WHEN (OLD.answered_at IS DISTINCT FROM NEW.answered_at)
    EXECUTE FUNCTION cases_poll_heard();

UPDATE cases_case SET heard_at = NULL WHERE id IN (SELECT case_id FROM cases_pollstate);
"""
FORGET = """
DROP TRIGGER poll_answered ON cases_pollstate;
DROP TRIGGER poll_came_or_went ON cases_pollstate;
DROP FUNCTION cases_poll_heard();
DROP TRIGGER heard_at ON cases_case;
DROP FUNCTION cases_heard_at();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0027_blank_slips")]

    operations = [
        migrations.AddField(
            "case",
            "heard_at",
            models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="hỏi cổng lúc"
            ),
        ),
        migrations.RunSQL(KEEP, FORGET),
    ]
