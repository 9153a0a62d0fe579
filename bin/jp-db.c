/*
 * jp-db: makes, migrates, checks, copies and tidies the database, and shows the configuration.
 */
#include <unistd.h>

#include "db/db.h"
#include "mail/mail.h"

static struct jp_common common;

/* ---- helpers --------------------------------------------------------------------------------- */

/* What a verb works with; freed in this order whichever way it ends. */
typedef struct work {
	jp_config *conf;
	jp_db *db;
	GError *error;
} work;

static void
work_clear(work *w)
{
	jp_db_close(w->db);
	jp_config_free(w->conf);
	g_clear_error(&w->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(work, work_clear)

static gboolean
load(work *w)
{
	jp_set_verbose(common.verbose);
	return jp_config_load(&w->conf, common.config, &w->error);
}

static gboolean
load_and_open(work *w, jp_db_mode mode)
{
	if (!load(w))
		return FALSE;
	w->db = jp_db_open(w->conf, mode, &w->error);
	return w->db != NULL;
}

static jp_table *
new_table(const jp_column *columns, guint n)
{
	return jp_table_new(jp_table_mode_of(&common), columns, n);
}

/* ---- init and migrate ------------------------------------------------------------------------ */

static gboolean
migrate(work *w)
{
	guint before = jp_db_schema_version(w->db), applied;

	if (!jp_db_migrate(w->db, &applied, &w->error))
		return FALSE;
	if (applied > 0)
		jp_info("%s: schema %u is now %u", jp_db_label(w->db), before,
		    jp_db_schema_version(w->db));
	return TRUE;
}

/* A file's folder and its parents; a server has neither. */
static gboolean
make_folder(work *w)
{
	g_autofree char *folder = g_path_get_dirname(w->conf->database);

	return !g_path_is_absolute(w->conf->database) || jp_dir_make(folder, &w->error);
}

static int
run_init(int argc, char **argv)
{
	g_auto(work) w = {0};

	(void)argc;
	(void)argv;
	if (!load(&w) || !make_folder(&w))
		return jp_fail(w.error);
	w.db = jp_db_open(w.conf, JP_DB_CREATE, &w.error);
	if (!w.db || !migrate(&w) || !jp_whole_reindex(w.db, FALSE, &w.error) ||
	    !jp_keys_make(w.conf->site.key_file, &w.error))
		return jp_fail(w.error);
	return 0;
}

static int
run_migrate(int argc, char **argv)
{
	g_auto(work) w = {0};

	(void)argc;
	(void)argv;
	return load_and_open(&w, JP_DB_MIGRATE) && migrate(&w) &&
		jp_whole_reindex(w.db, FALSE, &w.error)
	    ? 0
	    : jp_fail(w.error);
}

/* ---- reindex --------------------------------------------------------------------------------- */

static int
run_reindex(int argc, char **argv)
{
	g_auto(work) w = {0};
	gboolean anew;

	(void)argc;
	(void)argv;
	if (!load_and_open(&w, JP_DB_OPEN))
		return jp_fail(w.error);
	/* One that was interrupted goes on; one that is whole is made anew. */
	anew = jp_textindex_look(w.db) == JP_TEXTINDEX_WHOLE;
	return jp_whole_reindex(w.db, anew, &w.error) ? 0 : jp_fail(w.error);
}

/* ---- check ----------------------------------------------------------------------------------- */

static const jp_column check_columns[] = {{"problem", NULL, JP_CELL_TEXT}};

static void
tell_problem(const char *what, gpointer table)
{
	jp_table_row(table, what);
}

static int
run_check(int argc, char **argv)
{
	g_auto(work) w = {0};
	g_autoptr(jp_table) table = NULL;
	guint n;

	(void)argc;
	(void)argv;
	if (!load_and_open(&w, JP_DB_READ))
		return jp_fail(w.error);
	jp_info("%s: schema %u", jp_db_label(w.db), jp_db_schema_version(w.db));
	table = new_table(check_columns, G_N_ELEMENTS(check_columns));
	n = jp_db_check(w.db, tell_problem, table);
	if (n == 0) /* what a damaged file says of promises means nothing */
		n = jp_upkeep_check(w.db, jp_db_now(w.db), tell_problem, table);
	return n > 0;
}

/* ---- backup ---------------------------------------------------------------------------------- */

static int
run_backup(int argc, char **argv)
{
	g_auto(work) w = {0};
	const char *target = argv[0];

	(void)argc;
	if (!load_and_open(&w, JP_DB_READ))
		return jp_fail(w.error);
	if (g_file_test(target, G_FILE_TEST_EXISTS) &&
	    !jp_confirm(common.yes, "%s exists; replace it?", target))
		return JP_ERROR_USAGE;
	return jp_db_backup(w.db, target, &w.error) ? 0 : jp_fail(w.error);
}

/* ---- copy ------------------------------------------------------------------------------------ */

static const jp_column copy_columns[] = {
    {"table", NULL, JP_CELL_TEXT}, {"rows", NULL, JP_CELL_INT}, {"sha256", NULL, JP_CELL_TEXT}};

static int
run_copy(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_table) table = new_table(copy_columns, G_N_ELEMENTS(copy_columns));

	(void)argc;
	return jp_whole_copy(common.config, argv[0], argv[1], common.dry_run, table, &error)
	    ? 0
	    : jp_fail(error);
}

/* ---- gc -------------------------------------------------------------------------------------- */

static const jp_column gc_columns[] = {{"what", NULL, JP_CELL_TEXT}, {"pruned", NULL, JP_CELL_INT},
    {"older_than", NULL, JP_CELL_TEXT}};

static void
tell_pruned(const char *what, gint64 n, gint64 age, gpointer table)
{
	g_autofree char *text = jp_duration_format(age);

	jp_table_row(table, what, n, text);
}

static int
run_gc(int argc, char **argv)
{
	g_auto(work) w = {0};
	g_autoptr(jp_table) table = NULL;
	gint64 run = 0, n;

	(void)argc;
	(void)argv;
	if (!load_and_open(&w, common.dry_run ? JP_DB_READ : JP_DB_OPEN))
		return jp_fail(w.error);
	if (!common.dry_run)
		run = jp_run_begin(w.db);
	table = new_table(gc_columns, G_N_ELEMENTS(gc_columns));
	n = jp_upkeep_gc(
	    w.db, jp_db_now(w.db), common.dry_run, jp_posting_prune, tell_pruned, table);
	if (common.dry_run)
		return 0;
	jp_db_compact(w.db);
	jp_run_end(w.db, run, 0, n, 0, NULL);
	return 0;
}

/* ---- config ---------------------------------------------------------------------------------- */

static const jp_column config_columns[] = {
    {"key", NULL, JP_CELL_TEXT}, {"value", NULL, JP_CELL_TEXT}, {"default", NULL, JP_CELL_TEXT}};

static void
show_type(jp_table *table, const jp_queue_type *type, const jp_queue_type *otherwise)
{
	const char *name;
	char *value, *usual = NULL;

	for (guint i = 0; jp_config_type_key(type, i, &name, &value); i++) {
		g_autofree char *path = g_strconcat("queue.types.", type->name, ".", name, NULL);

		if (otherwise)
			(void)jp_config_type_key(otherwise, i, &name, &usual); /* the same keys */
		jp_table_row(table, path, value, usual);
		g_free(value);
		g_clear_pointer(&usual, g_free);
	}
}

static int
run_config(int argc, char **argv)
{
	g_auto(work) w = {0};
	g_autoptr(jp_config) defaults = NULL;
	g_autoptr(jp_table) table = NULL;
	const char *path, *type, *def, *help;

	(void)argc;
	(void)argv;
	if (!load(&w) || !jp_config_parse(&defaults, "", 0, "defaults", "/", &w.error))
		return jp_fail(w.error);
	table = new_table(config_columns, G_N_ELEMENTS(config_columns));
	for (guint i = 0; jp_config_key(i, &path, &type, &def, &help); i++) {
		g_autofree char *value = jp_config_value(w.conf, i);
		g_autofree char *otherwise = jp_config_value(defaults, i);

		jp_table_row(table, path, value, otherwise);
	}
	for (guint i = 0; i < w.conf->queue.types->len; i++) {
		const jp_queue_type *t = g_ptr_array_index(w.conf->queue.types, i);

		show_type(table, t, jp_config_type(defaults, t->name));
	}
	jp_table_row(table, "db.password", w.conf->db.password ? "set" : "unset", NULL);
	jp_table_row(
	    table, "mail.smtp.password", w.conf->mail.smtp.password ? "set" : "unset", NULL);
	return 0;
}

/* ---- the command line ------------------------------------------------------------------------ */

int
main(int argc, char **argv)
{
	const struct jp_opt plain[] = {JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt backup[] = {JP_OPT_COMMON(&common), JP_OPT_YES(&common), JP_OPT_DONE};
	const struct jp_opt dry[] = {JP_OPT_COMMON(&common), JP_OPT_DRY_RUN(&common), JP_OPT_DONE};
	const struct jp_verb verbs[] = {
	    {"init", "", "make the database and the key file where they are missing", plain,
		run_init, 0, 0},
	    {"migrate", "", "bring the schema up to date", plain, run_migrate, 0, 0},
	    {"check", "", "look for damage and broken promises", plain, run_check, 0, 0},
	    {"backup", "FILE", "copy the database while others use it", backup, run_backup, 1, 1},
	    {"copy", "FROM TO", "copy a whole database to another file or server", dry, run_copy, 2,
		2},
	    {"gc", "", "remove what is old and give back its space", dry, run_gc, 0, 0},
	    {"reindex", "", "build the full-text index of postings anew", plain, run_reindex, 0, 0},
	    {"config", "", "show every key and its value", plain, run_config, 0, 0},
	};
	const struct jp_cli cli = {"jp-db",
	    "Makes, migrates, checks, copies and tidies the database.", verbs, G_N_ELEMENTS(verbs)};

	jp_init("jp-db");
	return jp_finish(jp_cli_run(&cli, argc, argv));
}
