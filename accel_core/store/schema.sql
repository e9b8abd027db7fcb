-- The whole database of AccelScope. One process owns the file; everyone else hands it Parquet parts.
--
-- results has one row per evaluation: the same design under other settings, with another seed or by another version of
-- the model is another result. Rows of an older version stay, and are left out unless asked for. Its columns below are fixed; parameters and metrics are added as columns
-- when the first result that has them arrives: numbers as double, text as varchar. result_columns remembers which
-- platform has which of them, in what order and of what kind, so that a reader gets only its own.

create table if not exists about (
    key   varchar primary key,               -- 'project' and 'schema_version'
    value varchar not null
);

create table if not exists results (
    platform      varchar   not null,
    design_id     varchar   not null,        -- digest of the parameter values, 16 hexadecimal digits
    workload      varchar   not null,
    fidelity      varchar   not null,        -- analytical, simulated, placed, ...
    settings_id   varchar   not null,        -- digest of the settings that can change a result
    status        varchar   not null,        -- ok, infeasible, failed, timeout
    stage         varchar   not null,        -- where it stopped; empty when ok
    reason        varchar   not null,        -- why it stopped; empty when ok
    seconds       double,                    -- wall-clock time of the evaluation
    tool_versions varchar   not null,        -- JSON
    settings      varchar   not null,        -- JSON
    model_version varchar   not null,        -- version of the model or flow that made it
    seed          bigint    not null,
    created_at    timestamp not null,        -- UTC, when the row entered the database, or the one it was exported from
    primary key (platform, design_id, workload, fidelity, settings_id, model_version, seed)
);

create table if not exists result_columns (
    platform varchar not null,
    name     varchar not null,
    kind     varchar not null,               -- integer, real, text
    position integer not null,               -- order of arrival
    primary key (platform, name)
);

create table if not exists campaigns (
    name        varchar primary key,
    platform    varchar   not null,
    workload    varchar   not null,
    fidelity    varchar   not null,
    settings_id varchar   not null,
    definition  varchar   not null,          -- the campaign's YAML
    created_at  timestamp not null
);

-- A result is stored once and may belong to many campaigns; the campaign's row completes its key.
create table if not exists campaign_designs (
    campaign      varchar not null,
    design_id     varchar not null,
    model_version varchar not null,
    seed          bigint  not null,
    primary key (campaign, design_id, model_version, seed)
);

-- Every file whose rows are in results, so that none is taken in twice.
create table if not exists ingested_parts (
    digest      varchar primary key,         -- of the file's bytes
    name        varchar   not null,
    campaign    varchar,                     -- null for shipped results
    n_rows      integer   not null,
    n_new       integer   not null,          -- rows that were not stored before
    ingested_at timestamp not null
);

-- Files that could not be taken in; each was moved to a folder rejected/ beside it.
create table if not exists rejected_parts (
    name        varchar   not null,
    campaign    varchar,
    reason      varchar   not null,
    kept_as     varchar   not null,          -- where the file is now
    rejected_at timestamp not null
);

-- Networks of a person's own that results or campaigns are about.
create table if not exists workloads (
    name       varchar primary key,          -- what results call it: its file's name, '@' and a digest of its content
    content    varchar   not null,           -- its operators, JSON
    created_at timestamp not null
);
