"""The job queue's tables and functions, from the schema that procrastinate ships."""

from alembic import op
from procrastinate.schema import SchemaManager

revision: str = "0001"
down_revision: str | None = None
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))


def downgrade() -> None:
    op.execute(
        """
        DO $$ DECLARE thing record; BEGIN
          FOR thing IN SELECT tablename AS name FROM pg_tables
                       WHERE schemaname = current_schema() AND tablename LIKE 'procrastinate\\_%'
          LOOP EXECUTE format('DROP TABLE %I CASCADE', thing.name); END LOOP;
          FOR thing IN SELECT p.oid::regprocedure::text AS name FROM pg_proc p
                       WHERE p.pronamespace = current_schema()::regnamespace AND p.proname LIKE 'procrastinate\\_%'
          LOOP EXECUTE 'DROP FUNCTION ' || thing.name || ' CASCADE'; END LOOP;
          FOR thing IN SELECT typname AS name FROM pg_type
                       WHERE typnamespace = current_schema()::regnamespace AND typname LIKE 'procrastinate\\_%'
                         AND typcategory IN ('E', 'C')
          LOOP EXECUTE format('DROP TYPE %I CASCADE', thing.name); END LOOP;
        END $$
        """
    )
