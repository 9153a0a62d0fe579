/*
 * copy: a whole database into another one, on whichever engines.
 *
 * Tables are those that the build knows from the migrations, parents first.  Each is filled by
 * copytable.c, which goes on where an earlier copy was killed, whatever happened to the source
 * meanwhile.  Ids are kept, and the number that the next one will have: none is ever given twice.
 * Then whatever is derived is made, and both databases are read once more, side by side: every
 * value of every row must be the same.
 *
 * The source is read in one snapshot.  The target has a schema version of its own until all of that
 * is done, so that no other program takes it for a database.
 */
#include <string.h>

#include "db/copy.h"

struct copying {
	const jp_copy *copy;
	gint64 n_done, n_all; /* rows, of both passes */
	gint64 n_before;      /* of tables before the one in hand */
	const char *doing;
};

/* ---- the target ------------------------------------------------------------------------------ */

static gboolean
fail_target(const jp_copy *c, const char *what, GError **error)
{
	g_set_error(error, JP_ERROR, JP_ERROR_USAGE, "%s: %s", c->to->label, what);
	return FALSE;
}

/* Goes on with what was begun, if it was this. */
static gboolean
check_begun(const jp_copy *c, GError **error)
{
	jp_rows *r = jp_rows_try_open(c->to, JP_SQL_COPYING_OF, JP_NO_ARGS, error);
	jp_step step = r ? jp_rows_try_next(r, error) : JP_STEP_ERROR;
	g_autofree char *source = NULL;
	gint64 version = 0;

	if (step == JP_STEP_ROW) {
		source = g_strdup(jp_rows_text(r, JP_COL_COPYING_OF_SOURCE));
		version = jp_rows_int(r, JP_COL_COPYING_OF_VERSION);
	}
	jp_rows_free(r);
	if (step == JP_STEP_ERROR)
		return FALSE;
	if (g_strcmp0(source, c->from->label) != 0) {
		g_autofree char *what =
		    g_strdup_printf("is an unfinished copy of %s; name that, or a new database",
			source ? source : "another one");

		return fail_target(c, what, error);
	}
	return version == jp_db_schema_wanted() ||
	    fail_target(
		c, "is an unfinished copy by other programs; begin with a new database", error);
}

/* Without rows in any of the tables; `only`, where not all are there yet, in these (NULL ends). */
static gboolean
check_empty(const jp_copy *c, const char *const *only, GError **error)
{
	for (const jp_schema_table *t = jp_schema_tables; t->name; t++) {
		gint64 n = 0;

		if (only && !g_strv_contains(only, t->name))
			continue;
		if (!jp_copytable_count(c->to, t, &n, error))
			return FALSE;
		if (n > 0)
			return fail_target(c, "is not empty; copy into a new database", error);
	}
	return TRUE;
}

static gboolean
try_exec(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args, GError **error)
{
	jp_rows *r = jp_rows_try_open(db, statement, args, n_args, error);
	jp_step step = r ? jp_rows_try_next(r, error) : JP_STEP_ERROR;

	jp_rows_free(r);
	return step != JP_STEP_ERROR;
}

/* An index that is to be built, because postings come in behind its back. */
static gboolean
forget_index(jp_db *db, GError **error)
{
	return try_exec(db, JP_SQL_TEXTINDEX_RESTART, JP_ARGS(JP_INT(0)), error);
}

/* From here on no other program takes it for a database. */
static gboolean
mark(const jp_copy *c, GError **error)
{
	return jp_db_try_begin(c->to, JP_TX_DURABLE, error) &&
	    try_exec(c->to, JP_SQL_COPYING_BEGIN,
		JP_ARGS(JP_TEXT(c->from->label), JP_INT(jp_db_schema_wanted())), error) &&
	    forget_index(c->to, error) && jp_db_may_call(c->to, error) &&
	    c->to->driver->put_version(c->to->conn, JP_DB_COPYING, error) &&
	    jp_db_try_commit(c->to, error);
}

static gboolean
unmark(const jp_copy *c, GError **error)
{
	return jp_db_try_begin(c->to, JP_TX_DURABLE, error) &&
	    try_exec(c->to, JP_SQL_COPYING_END, JP_NO_ARGS, error) &&
	    jp_db_may_call(c->to, error) &&
	    c->to->driver->put_version(c->to->conn, jp_db_schema_wanted(), error) &&
	    jp_db_try_commit(c->to, error);
}

/* Looks at the target, and unless this is only a look makes it ready. */
static gboolean
prepare_target(const jp_copy *c, GError **error)
{
	/* Tables of the first migration of which a database in use has rows. */
	static const char *const oldest[] = {"board", "run", "subscriber", NULL};
	guint version, applied;

	if (!jp_db_may_call(c->to, error) || !c->to->driver->version(c->to->conn, &version, error))
		return FALSE;
	if (version == JP_DB_COPYING)
		return check_begun(c, error);
	if (version > jp_db_schema_wanted())
		return fail_target(
		    c, "has the tables of newer programs; copy into a new database", error);
	/* Killed while it was made, or made by older programs and never used. */
	if (version > 0 && version < jp_db_schema_wanted() && !check_empty(c, oldest, error))
		return FALSE;
	if (c->dry_run)
		return version < jp_db_schema_wanted() || check_empty(c, NULL, error);
	return jp_db_migrate(c->to, &applied, error) && check_empty(c, NULL, error) &&
	    mark(c, error);
}

/* ---- the passes ------------------------------------------------------------------------------ */

static gboolean
told(const jp_schema_table *t, gint64 n, gpointer data)
{
	struct copying *x = data;

	x->n_done = x->n_before + n;
	if (x->copy->progress)
		x->copy->progress(
		    x->doing, t->name, x->n_done, MAX(x->n_all, x->n_done), x->copy->data);
	return !jp_stopping();
}

static gboolean
count_all(struct copying *x, GError **error)
{
	const jp_copy *c = x->copy;

	for (const jp_schema_table *t = jp_schema_tables; t->name; t++) {
		gint64 n = 0;

		if (!jp_copytable_count(c->from, t, &n, error))
			return FALSE;
		x->n_all += n;
		if (c->dry_run && c->done)
			c->done(t->name, n, NULL, c->data);
	}
	return TRUE;
}

static gboolean
fill_all(struct copying *x, GError **error)
{
	const jp_copy *c = x->copy;
	gboolean is_cut = FALSE;

	x->doing = "copying";
	x->n_before = 0;
	for (const jp_schema_table *t = jp_schema_tables; t->name; t++) {
		jp_table_copy one = {
		    .from = c->from, .to = c->to, .table = t, .told = told, .data = x};

		if (!jp_copytable_fill(&one, error)) {
			g_prefix_error(error, "%s: %s: ", c->to->label, t->name);
			return FALSE;
		}
		x->n_before += one.n;
		is_cut |= one.is_cut;
	}
	if (!is_cut)
		return TRUE;
	return jp_db_try_begin(c->to, JP_TX_WRITE, error) && forget_index(c->to, error) &&
	    jp_db_try_commit(c->to, error);
}

static gboolean
copy_last_ids(const jp_copy *c, GError **error)
{
	gint64 id;

	if (!jp_db_try_begin(c->to, JP_TX_DURABLE, error))
		return FALSE;
	for (const jp_schema_table *t = jp_schema_tables; t->name; t++)
		if (t->has_ids &&
		    (!jp_db_may_call(c->to, error) ||
			!c->from->driver->last_id(c->from->conn, t->name, &id, error) ||
			!c->to->driver->put_last_id(c->to->conn, t->name, id, error)))
			return FALSE;
	return jp_db_try_commit(c->to, error);
}

static gboolean
compare_last_ids(const jp_copy *c, GError **error)
{
	gint64 from, to;

	for (const jp_schema_table *t = jp_schema_tables; t->name; t++) {
		if (!t->has_ids)
			continue;
		if (!c->from->driver->last_id(c->from->conn, t->name, &from, error) ||
		    !c->to->driver->last_id(c->to->conn, t->name, &to, error))
			return FALSE;
		if (from == to)
			continue;
		g_set_error(error, JP_ERROR, JP_ERROR_BUG,
		    "%s: the last id is not the same in both databases; is another program "
		    "writing to the copy?",
		    t->name);
		return FALSE;
	}
	return TRUE;
}

static gboolean
compare_all(struct copying *x, GError **error)
{
	const jp_copy *c = x->copy;

	x->doing = "verifying";
	x->n_before = 0;
	for (const jp_schema_table *t = jp_schema_tables; t->name; t++) {
		jp_table_copy one = {
		    .from = c->from, .to = c->to, .table = t, .told = told, .data = x};
		g_autofree char *digest = NULL;
		gboolean ok = jp_copytable_compare(&one, error);

		digest = one.digest;
		if (!ok) {
			g_prefix_error(error, "%s: ", c->to->label);
			return FALSE;
		}
		x->n_before += one.n;
		if (c->done)
			c->done(t->name, one.n, digest, c->data);
	}
	return compare_last_ids(c, error);
}

static gboolean
copy(struct copying *x, GError **error)
{
	const jp_copy *c = x->copy;

	if (!count_all(x, error))
		return FALSE;
	if (!c->to) /* a dry run: that it is not there is all there is to say */
		return TRUE;
	if (!prepare_target(c, error))
		return FALSE;
	if (c->dry_run)
		return TRUE;
	if (!fill_all(x, error) || !copy_last_ids(c, error))
		return FALSE;
	if (c->derive && !c->derive(c->to, c->data, error))
		return FALSE;
	return compare_all(x, error) && unmark(c, error);
}

gboolean
jp_copy_run(const jp_copy *c, GError **error)
{
	struct copying x = {.copy = c};
	gboolean ok;

	if (c->from->mode != JP_DB_READ)
		jp_db_misuse(NULL, "a copy is made from a database opened for reading");
	if (!c->to && !c->dry_run)
		jp_db_misuse(NULL, "a copy without a target that is not a dry run");
	if (c->to) /* timings would be rows that the source does not have */
		c->to->has_no_timings = TRUE;
	if (!jp_db_try_begin(c->from, JP_TX_READ, error))
		return FALSE;
	ok = copy(&x, error);
	if (c->to && c->to->in_tx)
		(void)jp_db_try_rollback(c->to, NULL); /* the first error is the one to tell */
	if (!jp_db_try_rollback(c->from, ok ? error : NULL))
		ok = FALSE;
	return ok;
}

/* ---- both sides ------------------------------------------------------------------------------ */

static gboolean
is_url(const char *text)
{
	return strstr(text, "://") != NULL;
}

/* Everybody sees the arguments of a program. */
static gboolean
has_password(const char *url)
{
	const char *authority = strstr(url, "://") + strlen("://");
	const char *at = memrchr(authority, '@', strcspn(authority, "/?"));

	return strstr(url, "password=") || strstr(url, "passfile=") ||
	    (at && memchr(authority, ':', (gsize)(at - authority)));
}

/* The configuration with another database. */
static jp_config *
config_for(const char *config, const char *database, gboolean may_have_password, GError **error)
{
	g_autoptr(jp_config) conf = NULL;
	g_autofree char *place = NULL;

	if (is_url(database) && has_password(database)) {
		g_set_error(error, JP_ERROR, JP_ERROR_USAGE,
		    "a URL with a password is seen by all users of this machine; leave the "
		    "password "
		    "out and put it into ~/.pgpass, see jp-db(1)");
		return NULL;
	}
	if (!jp_config_load(&conf, config, error))
		return NULL;
	place = is_url(database) ? g_strdup(database) : g_canonicalize_filename(database, NULL);
	if (!may_have_password && strcmp(place, conf->database) != 0)
		g_clear_pointer(&conf->db.password, g_free);
	g_free(conf->database);
	conf->database = g_steal_pointer(&place);
	conf->db.statement_timeout = 0; /* a table is read in one go */
	return g_steal_pointer(&conf);
}

static gboolean
open_target(jp_copy *c, GError **error)
{
	g_autoptr(GError) missing = NULL;

	if (!c->dry_run) {
		c->to = jp_db_open(c->to_conf, JP_DB_CREATE, error);
		return c->to != NULL;
	}
	c->to = jp_db_open(c->to_conf, JP_DB_MIGRATE, &missing);
	if (c->to || g_error_matches(missing, JP_ERROR, JP_ERROR_UNAVAILABLE))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&missing));
	return FALSE;
}

gboolean
jp_copy_open(jp_copy *c, const char *config, const char *from, const char *to, GError **error)
{
	/* One password cannot be meant for two servers. */
	gboolean is_one = is_url(from) != is_url(to);

	c->from_conf = config_for(config, from, is_one, error);
	c->to_conf = c->from_conf ? config_for(config, to, is_one, error) : NULL;
	if (!c->to_conf)
		return FALSE;
	if (strcmp(c->from_conf->database, c->to_conf->database) == 0) {
		g_set_error(error, JP_ERROR, JP_ERROR_USAGE, "both are the same database");
		return FALSE;
	}
	c->from = jp_db_open(c->from_conf, JP_DB_READ, error);
	return c->from && open_target(c, error);
}

void
jp_copy_clear(jp_copy *c)
{
	jp_db_close(c->from);
	jp_db_close(c->to);
	jp_config_free(c->from_conf);
	jp_config_free(c->to_conf);
	*c = (jp_copy){0};
}
