/*
 * What jp-board writes about the boards that it added, imported, found and looked at.
 */
#include "board/internal.h"

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
jp_board_show_tally(const jp_board_tally *t, jp_table_mode mode)
{
	g_autoptr(jp_table) table = jp_table_new(mode, tally_columns, G_N_ELEMENTS(tally_columns));

	jp_table_row(table, (gint64)t->n_new, (gint64)t->n_changed, (gint64)t->n_known,
	    (gint64)t->n_refused);
}
