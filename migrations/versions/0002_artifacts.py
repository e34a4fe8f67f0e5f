"""Artifacts of trials."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "artifacts",
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("trial_number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), sa.Computed("octet_length(content)", persisted=True), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_id"], ["infomorphic.studies.id"], name=op.f("fk_artifacts_study_id_studies"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("study_id", "trial_number", "name", name=op.f("pk_artifacts")),
        schema="infomorphic",
    )


def downgrade() -> None:
    op.drop_table("artifacts", schema="infomorphic")
