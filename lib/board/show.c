/*
 * What jp-board writes of boards: those that are there, and those that it added, imported, found
 * and looked at.
 */
#include "board/internal.h"

#include <stdio.h>

/* ---- all boards, and one ---------------------------------------------------------------- */

static const jp_column list_columns[] = {{"id", NULL, JP_CELL_INT}, {"board", NULL, JP_CELL_TEXT},
    {"company", NULL, JP_CELL_TEXT}, {"status", NULL, JP_CELL_TEXT}, {"open", NULL, JP_CELL_INT},
    {"next_at", "NEXT VISIT", JP_CELL_TIME}, {"about", NULL, JP_CELL_TEXT},
    {"interval", NULL, JP_CELL_TEXT}, {"yield", NULL, JP_CELL_JSON},
    {"success", NULL, JP_CELL_JSON}, {"weight", NULL, JP_CELL_INT}, {"exempt", NULL, JP_CELL_TEXT}};

/* Numbers of the scheduler, and the name that a board's token mostly says, too. */
static const char *const list_spare[] = {"company", "interval", "yield", "success", "weight", NULL};

/* How a board does, and that its host's limits are too narrow where they are. */
static char *
about_of(const jp_board_row *r, GHashTable *crowds, const char **word)
{
	g_autofree char *about = NULL;
	const char *crowd =
	    r->host && r->disabled_at == JP_NO_TIME ? g_hash_table_lookup(crowds, r->host) : NULL;

	*word = jp_board_standing(r, &about);
	return crowd ? g_strdup_printf("%s; %s", about, crowd) : g_steal_pointer(&about);
}

void
jp_board_show_list(jp_db *db, const jp_config *conf, const GPtrArray *rows, jp_table_mode mode)
{
	g_autoptr(GHashTable) crowds = jp_board_crowds(db, conf);
	g_autoptr(jp_table) table = jp_table_new(mode, list_columns, G_N_ELEMENTS(list_columns));

	jp_table_spare(table, list_spare);
	for (guint i = 0; i < rows->len; i++) {
		const jp_board_row *r = g_ptr_array_index(rows, i);
		const char *word;
		g_autofree char *about = about_of(r, crowds, &word);
		g_autofree char *pace = jp_board_pace_text(r);
		g_autofree char *yield = g_strdup_printf("%.2f", r->yield);
		g_autofree char *success = g_strdup_printf("%.2f", r->success);

		jp_table_row(table, r->id, r->name, r->company, word, r->n_open,
		    r->disabled_at == JP_NO_TIME ? r->next_at : JP_NO_TIME, about, pace, yield,
		    success, r->weight, jp_board_exemption(conf, r->kind));
	}
}

static const jp_column show_columns[] = {
    {"key", NULL, JP_CELL_TEXT}, {"value", NULL, JP_CELL_TEXT}};

static void
add_row(const char *key, const char *value, gpointer table)
{
	jp_table_row(table, key, value);
}

void
jp_board_show_one(const cJSON *board, jp_table_mode mode)
{
	g_autoptr(jp_table) table = NULL;
	g_autofree char *line = NULL;

	if (mode == JP_TABLE_JSON) {
		line = jp_json_line(board);
		puts(line); /* jp_finish judges what was written */
		return;
	}
	table = jp_table_new(mode, show_columns, G_N_ELEMENTS(show_columns));
	jp_board_rows(board, add_row, table);
}

/* ---- what was added --------------------------------------------------------------------- */

static const jp_column add_columns[] = {
    {"id", NULL, JP_CELL_INT}, {"board", NULL, JP_CELL_TEXT}, {"result", NULL, JP_CELL_TEXT}};

void
jp_board_show_added(const GPtrArray *added, jp_table_mode mode, gboolean dry_run)
{
	g_autoptr(jp_table) table = jp_table_new(mode, add_columns, G_N_ELEMENTS(add_columns));

	for (guint i = 0; i < added->len; i++) {
		const jp_board_added *a = g_ptr_array_index(added, i);

		jp_table_row(table, dry_run && a->is_new ? JP_NO_INT : a->id, a->name,
		    a->is_new           ? "added"
			: a->is_changed ? "changed"
					: "unchanged");
		if (a->terms)
			jp_warn(
			    "%s: added, but disabled until you enable it: %s", a->name, a->terms);
	}
}

static const jp_column tally_columns[] = {{"added", NULL, JP_CELL_INT},
    {"changed", NULL, JP_CELL_INT}, {"known", NULL, JP_CELL_INT}, {"refused", NULL, JP_CELL_INT}};

void
jp_board_show_refused(const char *name, guint line, const char *why, gpointer unused)
{
	(void)unused;
	if (line)
		jp_warn("%s:%u: %s", name, line, why);
	else
		jp_warn("%s: %s", name, why);
}

void
jp_board_show_tally(const jp_board_tally *t, jp_table_mode mode)
{
	g_autoptr(jp_table) table = jp_table_new(mode, tally_columns, G_N_ELEMENTS(tally_columns));

	jp_table_row(table, (gint64)t->n_new, (gint64)t->n_changed, (gint64)t->n_known,
	    (gint64)t->n_refused);
}

/* ---- what was looked at ----------------------------------------------------------------- */

static const jp_column found_columns[] = {{"board", NULL, JP_CELL_TEXT},
    {"status", NULL, JP_CELL_TEXT}, {"postings", NULL, JP_CELL_INT},
    {"company", NULL, JP_CELL_TEXT}, {"how", "FOUND BY", JP_CELL_TEXT},
    {"about", NULL, JP_CELL_TEXT}, {"id", NULL, JP_CELL_INT}};

static const jp_column check_columns[] = {{"id", NULL, JP_CELL_INT}, {"board", NULL, JP_CELL_TEXT},
    {"status", NULL, JP_CELL_TEXT}, {"postings", NULL, JP_CELL_INT}, {"about", NULL, JP_CELL_TEXT}};

void
jp_board_show_found(const GPtrArray *found, jp_table_mode mode)
{
	g_autoptr(jp_table) t = jp_table_new(mode, found_columns, G_N_ELEMENTS(found_columns));

	for (guint i = 0; i < found->len; i++) {
		const jp_board_look *look = g_ptr_array_index(found, i);

		jp_table_row(t, look->name, jp_look_word(look->status), look->n_postings,
		    look->company, look->how, look->why, look->id ? look->id : JP_NO_INT);
	}
}

static void
add_check(const jp_board_look *look, gpointer table)
{
	jp_table_row(
	    table, look->id, look->name, jp_look_word(look->status), look->n_postings, look->why);
}

void
jp_board_show_checks(
    jp_db *db, const jp_config *conf, jp_http *http, const GPtrArray *rows, jp_table_mode mode)
{
	g_autoptr(jp_table) t = jp_table_new(mode, check_columns, G_N_ELEMENTS(check_columns));

	jp_board_verify(db, conf, http, rows, add_check, t);
}
