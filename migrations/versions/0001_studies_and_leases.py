"""Studies and leases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "studies",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("spec", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "n_trials", sa.BigInteger(), sa.Computed("(spec->>'n_trials')::bigint", persisted=True), nullable=False
        ),
        sa.Column("state", sa.String(), server_default="running", nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_claim_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "failures_count_from", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studies")),
        sa.UniqueConstraint("name", name=op.f("uq_studies_name")),
        schema="infomorphic",
    )
    op.create_table(
        "leases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="held", nullable=False),
        sa.Column("trial_number", sa.BigInteger(), nullable=True),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("claimed_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("settled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["study_id"], ["infomorphic.studies.id"], name=op.f("fk_leases_study_id_studies"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leases")),
        schema="infomorphic",
    )
    op.create_index(
        op.f("ix_leases_expires_at"),
        "leases",
        ["expires_at"],
        unique=False,
        schema="infomorphic",
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_index(
        op.f("ix_leases_study_id_state"), "leases", ["study_id", "state"], unique=False, schema="infomorphic"
    )
    op.create_index(
        op.f("ix_leases_study_id_trial_number"),
        "leases",
        ["study_id", "trial_number"],
        unique=True,
        schema="infomorphic",
        postgresql_where=sa.text("trial_number IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("leases", schema="infomorphic")
    op.drop_table("studies", schema="infomorphic")
