/*
 * What an operator does to a whole database and its full-text index, with its progress on a
 * terminal: jp-db reindex and jp-db copy.
 */
#include "posting/posting.h"

struct showing {
	jp_progress progress;
	jp_table *table;
};

/* ---- the index ------------------------------------------------------------------------------- */

static void
show_indexed(gint64 n, gint64 of, gpointer data)
{
	struct showing *s = data;

	jp_progress_tell(&s->progress, "indexing postings", n, of);
}

static gboolean
reindex(jp_db *db, gboolean anew, struct showing *s, GError **error)
{
	gboolean done = jp_textindex_build(db, anew, show_indexed, s);

	jp_progress_end(&s->progress);
	if (!done)
		g_set_error(error, JP_ERROR, JP_ERROR_TEMP,
		    "interrupted; run it again to go on with the full-text index");
	return done;
}

gboolean
jp_whole_reindex(jp_db *db, gboolean anew, GError **error)
{
	struct showing s = {0};

	return reindex(db, anew, &s, error);
}

/* ---- a copy ---------------------------------------------------------------------------------- */

static gboolean
derive(jp_db *to, gpointer data, GError **error)
{
	struct showing *s = data;

	jp_progress_end(&s->progress);
	return reindex(to, FALSE, s, error);
}

static void
show(const char *doing, const char *table, gint64 n, gint64 of, gpointer data)
{
	struct showing *s = data;
	g_autofree char *what = g_strdup_printf("%s %s", doing, table);

	jp_progress_tell(&s->progress, what, n, of);
}

static void
show_done(const char *table, gint64 n_rows, const char *digest, gpointer data)
{
	struct showing *s = data;

	jp_table_row(s->table, table, n_rows, digest);
}

gboolean
jp_whole_copy(const char *config, const char *from, const char *to, gboolean dry_run,
    jp_table *table, GError **error)
{
	struct showing s = {.table = table};
	g_auto(jp_copy) c = {
	    .dry_run = dry_run, .derive = derive, .progress = show, .done = show_done, .data = &s};
	gboolean ok = jp_copy_open(&c, config, from, to, error) && jp_copy_run(&c, error);

	jp_progress_end(&s.progress);
	if (ok && !dry_run)
		jp_db_compact(c.to);
	return ok;
}
