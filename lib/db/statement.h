/*
 * The statement table that the build makes of sql/ (see sql/README): what each statement is
 * called, what goes in and out, and its text for each engine.  For the db room and its tests.
 */
#ifndef JP_DB_STATEMENT_H
#define JP_DB_STATEMENT_H

#include "db/db.h"

#define JP_MAX_SQL_BLOCKS 5  /* optional conditions of a statement; sqlgen keeps to it */
#define JP_MAX_SQL_ARGS   64 /* arguments of one, or columns; so here */

typedef enum jp_engine { JP_ENGINE_SQLITE, JP_ENGINE_POSTGRES, JP_N_ENGINES } jp_engine;

/* An argument or a column. */
typedef struct jp_field {
	const char *name;
	jp_type type;
	gboolean nullable;
} jp_field;

/*
 * One engine's texts of a statement.  A block is there when all arguments in its mask are non-null;
 * texts[m] is the text in which block b is there if bit b of m is set.  Arguments keep their
 * numbers in every text: argument i is ?i+1 or $i+1.
 */
typedef struct jp_variants {
	const char *const *texts; /* 1 << n_blocks of them */
	guint n_blocks;
	guint64 blocks[JP_MAX_SQL_BLOCKS]; /* masks of arguments */
} jp_variants;

typedef struct jp_statement {
	const char *name; /* "board_claim_due" */
	const char *file; /* "sql/board.sql" */
	const char *scan; /* why it may read a whole table; NULL: it may not */
	const jp_field *args, *cols;
	guint n_args, n_cols;
	gboolean is_write;
	gboolean gives_id; /* the new row's: a column where the engine returns it, else new_id */
	jp_variants variants[JP_N_ENGINES];
	/* The same for many rows at once, in which argument i is column ci: of the table jp_rows on
	 * SQLite (sqlite_rows.c), on PostgreSQL of the only argument, a list of objects.  NULL: one
	 * row at a time. */
	const struct jp_statement *many;
} jp_statement;

extern const jp_statement jp_statements[JP_SQL_N];

typedef struct jp_migration {
	guint version; /* from 1; 0 ends the table */
	const char *name;
	const char *text[JP_N_ENGINES];
} jp_migration;

extern const jp_migration jp_migrations[];

/* A table as the migrations leave it, with what jp-db copy does to it. */
typedef struct jp_schema_table {
	const char *name;        /* NULL ends the list */
	const jp_field *columns; /* all may be null as far as this knows */
	guint n_columns;
	const guint *key; /* columns of the primary key, in its order */
	guint n_key;
	gboolean has_ids; /* the key is an id that is given once and never again */

	const char *scan;  /* all rows in the order of the key */
	const char *count; /* their number */
	/* Up to the values, which follow as (?1, ?2, ...) or ($1, $2, ...) for each row. */
	const char *insert;
	const char *cut[JP_N_ENGINES]; /* removes the rows from a key on */
} jp_schema_table;

/* Parents first.  Not those that are derived from others. */
extern const jp_schema_table jp_schema_tables[];

/* Makes an empty PostgreSQL database ours (sql/000-ours@postgres.sql). */
extern const char jp_postgres_base[];

#endif
