/*
 * Messages as an operator sees them: the columns of a run's lines, the bytes of one, and what can
 * be done about one that is held or failed.
 */
#include "mail/mail.h"

const jp_column jp_mail_columns[JP_MAIL_N_COLS] = {
    [JP_MAIL_COL_MESSAGE] = {"message", NULL, JP_CELL_INT},
    [JP_MAIL_COL_SUBSCRIBER] = {"subscriber", NULL, JP_CELL_INT},
    [JP_MAIL_COL_STATE] = {"state", NULL, JP_CELL_TEXT},
    [JP_MAIL_COL_POSTINGS] = {"postings", NULL, JP_CELL_INT},
    [JP_MAIL_COL_MESSAGE_ID] = {"message_id", "MESSAGE-ID", JP_CELL_TEXT},
    [JP_MAIL_COL_REPLY] = {"reply", NULL, JP_CELL_TEXT},
};

GBytes *
jp_mail_show(jp_db *db, gint64 id)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_MESSAGE_BODY, JP_ARGS(JP_INT(id)));
	const void *body;
	gsize len;

	if (!jp_rows_next(r))
		return NULL;
	body = jp_rows_blob(r, JP_COL_MESSAGE_BODY_BODY, &len);
	return body ? g_bytes_new(body, len) : NULL;
}

gboolean
jp_mail_retry(jp_db *db, gint64 id, gint64 now)
{
	return jp_db_exec(db, JP_SQL_MESSAGE_RETRY, JP_ARGS(JP_INT(id), JP_INT(now))) == 1;
}

gboolean
jp_mail_drop(jp_db *db, gint64 id)
{
	return jp_db_exec(db, JP_SQL_MESSAGE_DROP,
		   JP_ARGS(JP_INT(id), JP_TEXT("dropped by the operator"))) == 1;
}
