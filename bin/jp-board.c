/* jp-board: which boards are read. */
#include "board/board.h"

#include <stdio.h>

static struct jp_common common;
static jp_config *conf;
static jp_db *db;
static const char *company, *reason;
static gint64 interval, weight;
static gboolean add;

static int
open_db(void)
{
	return jp_site_open(&conf, &db, common.config, JP_DB_OPEN);
}

/* A dry run takes back what it did. */
static void
end(void)
{
	if (common.dry_run)
		jp_db_rollback(db);
	else
		jp_db_commit(db);
}

/* ---- add, import, export ---------------------------------------------------------------- */

static int
run_add(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) added = NULL;
	int code = open_db();

	(void)argc;
	if (code)
		return code;
	jp_db_begin(db, JP_TX_WRITE);
	added = jp_board_add(db, argv, company, interval, jp_now(), &error);
	if (!added) {
		jp_db_rollback(db);
		return jp_fail(error);
	}
	jp_board_weigh(db, added, weight);
	end();
	jp_board_show_added(added, jp_table_mode_of(&common), common.dry_run);
	return 0;
}

static int
run_import(int argc, char **argv)
{
	jp_board_tally t = {.refused = jp_board_show_refused};
	g_autoptr(GError) error = NULL;
	int code = open_db();

	(void)argc;
	if (code)
		return code;
	jp_db_begin(db, JP_TX_WRITE);
	if (!jp_board_import_files(db, argv, jp_now(), &t, &error)) {
		jp_db_rollback(db);
		return jp_fail(error);
	}
	end();
	jp_board_show_tally(&t, jp_table_mode_of(&common));
	return t.n_refused > 0 && t.n_new + t.n_changed + t.n_known == 0 ? JP_ERROR_DATA : 0;
}

static int
run_export(int argc, char **argv)
{
	g_autofree char *yaml = NULL;
	int code = open_db();

	(void)argc, (void)argv;
	if (code)
		return code;
	yaml = jp_board_export(db);
	if (!common.quiet)
		fputs(yaml, stdout); /* jp_finish judges what was written */
	return 0;
}

/* ---- list, show ------------------------------------------------------------------------- */

static int
run_list(int argc, char **argv)
{
	g_autoptr(GPtrArray) rows = NULL;
	int code = open_db();

	(void)argc, (void)argv;
	if (code)
		return code;
	rows = jp_board_list(db);
	jp_board_show_list(db, conf, rows, jp_table_mode_of(&common));
	return 0;
}

/* ---- one board -------------------------------------------------------------------------- */

/* Opens the database and finds the board; *code is not 0 when there is no row. */
static jp_board_row *
open_board(const char *name, int *code)
{
	gint64 id;

	*code = open_db();
	if (*code)
		return NULL;
	id = jp_board_find(db, name);
	if (id)
		return jp_board_get(db, id);
	jp_warn("%s: no such board; jp-board list shows them", name);
	*code = JP_ERROR_DATA;
	return NULL;
}

static int
run_show(int argc, char **argv)
{
	g_autoptr(cJSON) o = NULL;
	int code;
	g_autoptr(jp_board_row) row = open_board(argv[0], &code);

	(void)argc;
	if (!row)
		return code;
	o = jp_board_to_json(db, row, 10);
	jp_board_show_one(o, jp_table_mode_of(&common));
	return 0;
}

static int
switch_to(const char *name, const char *why)
{
	int code;
	g_autoptr(jp_board_row) row = open_board(name, &code);

	if (!row)
		return code;
	if (!why && jp_board_terms(row->kind))
		jp_warn("%s: by enabling it you answer for this: %s", row->name,
		    jp_board_terms(row->kind));
	jp_db_begin(db, JP_TX_WRITE);
	(void)jp_board_switch_to(db, row->id, why, jp_now()); /* removed meanwhile: no matter */
	end();
	return 0;
}

static int
run_enable(int argc, char **argv)
{
	(void)argc;
	return switch_to(argv[0], NULL);
}

static int
run_disable(int argc, char **argv)
{
	(void)argc;
	return switch_to(argv[0], reason ? reason : "by the operator");
}

static int
run_remove(int argc, char **argv)
{
	int code;
	g_autoptr(jp_board_row) row = open_board(argv[0], &code);

	(void)argc;
	if (!row)
		return code;
	if (!common.dry_run &&
	    !jp_confirm(common.yes, "remove %s with its %" G_GINT64_FORMAT " open postings?",
		row->name, row->n_open))
		return JP_ERROR_USAGE;
	jp_db_begin(db, JP_TX_WRITE);
	(void)jp_board_remove(db, row->id); /* removed meanwhile: as asked */
	end();
	return 0;
}

/* ---- looking at boards ------------------------------------------------------------------ */

/* Adds the board that was found; when there are several, which one is not ours to say. */
static int
add_found(const GPtrArray *found)
{
	const jp_board_look *one = jp_board_found_one(found);
	char *names[] = {one ? one->name : NULL, NULL};
	g_autoptr(GPtrArray) added = NULL;

	if (!one) {
		jp_warn("which of these it is cannot be told; add the right one by name");
		return 1;
	}
	jp_db_begin(db, JP_TX_WRITE);
	added = jp_board_add(db, names, company, 0, jp_now(), NULL); /* its name is good */
	end();
	jp_board_show_added(added, JP_TABLE_NONE, common.dry_run);
	return 0;
}

static int
run_discover(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) found = NULL;
	g_autoptr(jp_http) http = NULL;
	int code = open_db();

	(void)argc;
	if (code)
		return code;
	http = jp_http_new(conf, NULL, NULL, &error);
	found = http ? jp_board_discover(db, conf, http, argv[0], &error) : NULL;
	if (!found)
		return jp_fail(error);
	jp_board_show_found(found, jp_table_mode_of(&common));
	return found->len == 0 ? 1 : add ? add_found(found) : 0;
}

static int
run_verify(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(jp_http) http = NULL;
	int code = open_db();

	if (code)
		return code;
	rows = argc > 0 ? jp_board_select(db, argv) : jp_board_list(db);
	if (argc > 0 && rows->len == 0)
		return JP_ERROR_DATA; /* which was said */
	http = jp_http_new(conf, NULL, NULL, &error);
	if (!http)
		return jp_fail(error);
	jp_board_show_checks(db, conf, http, rows, jp_table_mode_of(&common));
	return 0;
}

/* ---- the command line ------------------------------------------------------------------- */

int
main(int argc, char **argv)
{
	const struct jp_opt plain_opts[] = {JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt change_opts[] = {
	    JP_OPT_DRY_RUN(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt add_opts[] = {
	    {JP_OPT_TEXT, 0, "company", "NAME  where the service names none", &company, 0, 0},
	    {JP_OPT_DURATION, 0, "interval", "TIME  between two visits", &interval,
		JP_BOARD_MIN_INTERVAL, JP_BOARD_MAX_INTERVAL},
	    {JP_OPT_INT, 0, "weight", "N  twice as much is twice the head start", &weight, 1,
		JP_BOARD_MAX_WEIGHT},
	    JP_OPT_DRY_RUN(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt discover_opts[] = {
	    {JP_OPT_FLAG, 0, "add", "add the board that is found", &add, 0, 0},
	    {JP_OPT_TEXT, 0, "company", "NAME  where the service names none", &company, 0, 0},
	    JP_OPT_DRY_RUN(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt disable_opts[] = {
	    {JP_OPT_TEXT, 0, "reason", "TEXT  why, for jp-board list", &reason, 0, 0},
	    JP_OPT_DRY_RUN(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt remove_opts[] = {
	    JP_OPT_DRY_RUN(&common), JP_OPT_YES(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_verb verbs[] = {
	    {"add", "BOARD...", "read these boards too", add_opts, run_add, 1, -1},
	    {"discover", "URL|DOMAIN", "find the board behind a careers page", discover_opts,
		run_discover, 1, 1},
	    {"verify", "[BOARD...]", "look at boards, one request each", plain_opts, run_verify, 0,
		-1},
	    {"list", "", "every board and how it does", plain_opts, run_list, 0, 0},
	    {"show", "BOARD", "all of one board, with its last visits", plain_opts, run_show, 1, 1},
	    {"import", "FILE...", "add and change boards by lists", change_opts, run_import, 1, -1},
	    {"export", "", "the boards as such a list", plain_opts, run_export, 0, 0},
	    {"enable", "BOARD", "read a board again", change_opts, run_enable, 1, 1},
	    {"disable", "BOARD", "leave a board alone", disable_opts, run_disable, 1, 1},
	    {"remove", "BOARD", "forget a board and its postings", remove_opts, run_remove, 1, 1},
	};
	const struct jp_cli cli = {
	    .name = "jp-board",
	    .summary = "which job boards are read, and how they do",
	    .verbs = verbs,
	    .n_verbs = G_N_ELEMENTS(verbs),
	};

	int code;

	jp_init("jp-board");
	code = jp_cli_run(&cli, argc, argv);
	jp_db_close(db);
	jp_config_free(conf);
	return jp_finish(code);
}
