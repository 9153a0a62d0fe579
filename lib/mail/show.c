/*
 * What jp-user and jp-mail tell on stdout: lists, one object, what was stored.
 */
#include "mail/mail.h"

#include <stdio.h>
#include <string.h>

void
jp_show_object(const cJSON *o, jp_table_mode mode)
{
	g_autofree char *text = NULL;

	/* jp_finish judges what was written. */
	switch (mode) {
	case JP_TABLE_NONE:
		return;
	case JP_TABLE_JSON:
		text = jp_json_line(o);
		puts(text);
		return;
	case JP_TABLE_AUTO:
		text = jp_yaml_write(o);
		fputs(text, stdout);
		return;
	}
}

static const jp_column stored_columns[] = {
    {"id", NULL, JP_CELL_INT}, {"result", NULL, JP_CELL_TEXT}};

void
jp_show_stored(gint64 id, const char *result, jp_table_mode mode)
{
	g_autoptr(jp_table) table =
	    jp_table_new(mode, stored_columns, G_N_ELEMENTS(stored_columns));

	jp_table_row(table, id, result);
}

static const jp_column import_columns[] = {
    {"added", NULL, JP_CELL_INT}, {"changed", NULL, JP_CELL_INT}, {"bad", NULL, JP_CELL_INT}};

void
jp_show_import(const jp_import_counts *n, jp_table_mode mode)
{
	g_autoptr(jp_table) table =
	    jp_table_new(mode, import_columns, G_N_ELEMENTS(import_columns));

	jp_table_row(table, (gint64)n->added, (gint64)n->changed, (gint64)n->bad);
}

static const jp_column subscriber_columns[] = {
    {"id", NULL, JP_CELL_INT},
    {"email", NULL, JP_CELL_TEXT},
    {"name", NULL, JP_CELL_TEXT},
    {"status", NULL, JP_CELL_TEXT},
    {"timezone", NULL, JP_CELL_TEXT},
    {"hour", NULL, JP_CELL_INT},
    {"frequency", NULL, JP_CELL_TEXT},
};

static void
each_subscriber(const jp_subscriber *s, gpointer table)
{
	jp_table_row(table, s->id, s->email, s->name, s->status, s->timezone, (gint64)s->hour,
	    jp_frequency_word(s->frequency));
}

void
jp_show_subscribers(jp_db *db, const char *status, jp_table_mode mode)
{
	g_autoptr(jp_table) table =
	    jp_table_new(mode, subscriber_columns, G_N_ELEMENTS(subscriber_columns));

	jp_subscriber_list(db, status, each_subscriber, table);
}

static const jp_column search_columns[] = {
    {"id", NULL, JP_CELL_INT},
    {"name", NULL, JP_CELL_TEXT},
    {"query", NULL, JP_CELL_TEXT},
    {"frequency", NULL, JP_CELL_TEXT},
    {"next_at", "NEXT DIGEST", JP_CELL_TIME},
    {"paused_at", "PAUSED", JP_CELL_TIME},
};

void
jp_show_searches(jp_db *db, gint64 subscriber, jp_table_mode mode)
{
	g_autoptr(jp_table) table =
	    jp_table_new(mode, search_columns, G_N_ELEMENTS(search_columns));
	g_autoptr(jp_rows) r =
	    jp_db_query(db, JP_SQL_SUBSCRIBER_SEARCHES, JP_ARGS(JP_INT(subscriber)));

	while (jp_rows_next(r)) {
		gint64 next_at = jp_rows_int(r, JP_COL_SUBSCRIBER_SEARCHES_NEXT_AT);

		jp_table_row(table, jp_rows_int(r, JP_COL_SUBSCRIBER_SEARCHES_ID),
		    jp_rows_text(r, JP_COL_SUBSCRIBER_SEARCHES_NAME),
		    jp_rows_text(r, JP_COL_SUBSCRIBER_SEARCHES_QUERY),
		    jp_rows_text(r, JP_COL_SUBSCRIBER_SEARCHES_FREQUENCY),
		    next_at == G_MAXINT64 ? JP_NO_TIME : next_at,
		    jp_rows_int_or(r, JP_COL_SUBSCRIBER_SEARCHES_PAUSED_AT, JP_NO_TIME));
	}
}

static const jp_column message_columns[] = {
    {"message", NULL, JP_CELL_INT},
    {"subscriber", NULL, JP_CELL_INT},
    {"state", NULL, JP_CELL_TEXT},
    {"postings", NULL, JP_CELL_INT},
    {"attempts", NULL, JP_CELL_INT},
    {"composed_at", "COMPOSED", JP_CELL_TIME},
    {"sent_at", "SENT", JP_CELL_TIME},
    {"next_try_at", "NEXT TRY", JP_CELL_TIME},
    {"message_id", "MESSAGE-ID", JP_CELL_TEXT},
    {"reply", NULL, JP_CELL_TEXT},
};

void
jp_show_messages(jp_db *db, const char *state, guint limit, jp_table_mode mode)
{
	g_autoptr(jp_table) table =
	    jp_table_new(mode, message_columns, G_N_ELEMENTS(message_columns));
	g_autoptr(jp_rows) r = jp_db_query(
	    db, JP_SQL_MESSAGE_PAGE, JP_ARGS(JP_INT(G_MAXINT64), JP_TEXT(state), JP_INT(limit)));

	while (jp_rows_next(r)) {
		const char *word = jp_rows_text(r, JP_COL_MESSAGE_PAGE_STATE);
		gint64 next = jp_rows_int(r, JP_COL_MESSAGE_PAGE_NEXT_TRY_AT);

		jp_table_row(table, jp_rows_int(r, JP_COL_MESSAGE_PAGE_ID),
		    jp_rows_int_or(r, JP_COL_MESSAGE_PAGE_SUBSCRIBER_ID, JP_NO_INT), word,
		    jp_rows_int(r, JP_COL_MESSAGE_PAGE_N_POSTINGS),
		    jp_rows_int(r, JP_COL_MESSAGE_PAGE_ATTEMPTS),
		    jp_rows_int(r, JP_COL_MESSAGE_PAGE_COMPOSED_AT),
		    jp_rows_int_or(r, JP_COL_MESSAGE_PAGE_SENT_AT, JP_NO_TIME),
		    strcmp(word, "composed") == 0 ? next : JP_NO_TIME,
		    jp_rows_text(r, JP_COL_MESSAGE_PAGE_MESSAGE_ID),
		    jp_rows_text(r, JP_COL_MESSAGE_PAGE_REPLY));
	}
}
