"""Analyses: studies that analyse another; and when the dashboard was given pictures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    of_study = {"parent_id": None, "study_id": "CASCADE", "waits_for_id": None}
    op.create_table(
        "analyses",
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=False),
        sa.Column("waits_for_id", sa.BigInteger(), nullable=True),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("variants", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], ["infomorphic.studies.id"], name=op.f(f"fk_analyses_{column}_studies"), ondelete=ondelete
            )
            for column, ondelete in of_study.items()
        ),
        sa.PrimaryKeyConstraint("study_id", name=op.f("pk_analyses")),
        schema="infomorphic",
    )
    for column in ("parent_id", "waits_for_id"):
        op.create_index(op.f(f"ix_analyses_{column}"), "analyses", [column], unique=False, schema="infomorphic")

    pictured_at = sa.Column("pictured_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    op.add_column("studies", pictured_at, schema="infomorphic")


def downgrade() -> None:
    op.drop_column("studies", "pictured_at", schema="infomorphic")
    op.drop_table("analyses", schema="infomorphic")
