-- What SQLite has, PostgreSQL lacks, and our SQL uses, in the schema of our tables: so that a
-- statement stands once for both. As far as it is used, no further.

-- The elements of an array: strings as they are, everything else as JSON text. PostgreSQL's own
-- takes json, not text, so both stand side by side.
CREATE FUNCTION json_each(document TEXT) RETURNS TABLE (key BIGINT, value TEXT)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 100 AS $$
    SELECT place - 1, element
    FROM json_array_elements_text(document::json) WITH ORDINALITY AS elements (element, place)
$$;

-- One value at a path such as '$[0]' or '$.step', always as text: a number is
-- CAST(json_extract(...) AS BIGINT), which SQLite understands as well.
CREATE FUNCTION json_extract(document TEXT, path TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT jsonb_path_query_first(document::jsonb, path::jsonpath) #>> '{}'
$$;

-- With two arguments these are not the aggregates; NULL wins, as in SQLite.
CREATE FUNCTION max(one BIGINT, other BIGINT) RETURNS BIGINT
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN one >= other THEN one WHEN one < other THEN other END
$$;

CREATE FUNCTION min(one BIGINT, other BIGINT) RETURNS BIGINT
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN one <= other THEN one WHEN one > other THEN other END
$$;

CREATE FUNCTION iif(condition BOOLEAN, yes TEXT, no TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN condition THEN yes ELSE no END
$$;

-- Where the second stands in the first, from 1; 0 where it does not.
CREATE FUNCTION instr(text_in_question TEXT, wanted TEXT) RETURNS BIGINT
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT strpos(text_in_question, wanted)::bigint
$$;

-- Not string_agg's own machinery: only a superuser may build upon that.
CREATE FUNCTION group_concat_next(so_far TEXT, value TEXT, separator TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN value IS NULL THEN so_far
        WHEN so_far IS NULL THEN value
        ELSE so_far || separator || value
    END
$$;

CREATE AGGREGATE group_concat(value TEXT, separator TEXT) (
    SFUNC = group_concat_next, STYPE = TEXT
);
