/*
 * What PostgreSQL's errors mean for us: SQLSTATE becomes a code of JP_ERROR and a sentence of our
 * own.  The server's words are shown only where they name tables, columns and constraints, and
 * never its details, which quote rows; a session's failure shows its first line, which names the
 * server and the user.
 */
#include <string.h>

#include "db/postgres.h"

/* The longest prefix that fits decides; what is not here is a bug of ours. */
static const struct meaning {
	const char *state;
	jp_error code;
	const char *text; /* NULL: the server's words, which have no values; with ":": both */
} meanings[] = {
    {"08", JP_ERROR_TEMP, "the connection to the database server was lost; try again"},
    {"08P01", JP_ERROR_TEMP, /* what PgBouncer says of itself, too */
	"the connection to the database server was lost; try again:"},
    {"0A", JP_ERROR_BUG, NULL},
    {"22", JP_ERROR_BUG, "a value that the database cannot take"},
    {"23", JP_ERROR_BUG, NULL},
    /* Another program's rows that were not there, or were, when this one looked. */
    {"23503", JP_ERROR_TEMP,
	"another program removed what this refers to; nothing was done, try again:"},
    {"23505", JP_ERROR_TEMP, "another program added the same; nothing was done, try again:"},
    {"25006", JP_ERROR_PERM, "the database server takes no writes; is it a replica?"},
    {"25P03", JP_ERROR_TEMP, "the transaction was left alone for too long and was undone"},
    {"26000", JP_ERROR_CONFIG,
	"a pooler between us and the server does not keep prepared statements; set "
	"db.prepare: false"},
    {"28", JP_ERROR_PERM, NULL},
    {"3D000", JP_ERROR_UNAVAILABLE, NULL},
    {"3F000", JP_ERROR_CONFIG, NULL},
    {"40001", JP_ERROR_TEMP, "another program changed the same rows; nothing was done, try again"},
    {"40P01", JP_ERROR_TEMP, "two programs waited for each other; nothing was done, try again"},
    {"40", JP_ERROR_TEMP, "the transaction was undone; try again"},
    {"42501", JP_ERROR_PERM, NULL},
    {"42P05", JP_ERROR_CONFIG,
	"a pooler between us and the server mixes prepared statements; set db.prepare: false"},
    {"42", JP_ERROR_BUG, NULL},
    {"53100", JP_ERROR_TEMP,
	"the database server's disk is full; nothing was changed, make room and run again"},
    {"53200", JP_ERROR_TEMP, "the database server is out of memory; try again"},
    {"53300", JP_ERROR_TEMP,
	"the database server has too many connections; use a pooler, or see max_connections of "
	"the server"},
    {"53", JP_ERROR_TEMP, "the database server is out of resources; try again"},
    {"55P03", JP_ERROR_TEMP, "another program keeps the database locked; try again"},
    {"55", JP_ERROR_TEMP, "another program uses what is to be changed; try again"},
    {"57014", JP_ERROR_TEMP,
	"the database server cancelled the statement, which took longer than its timeout allows"},
    {"57", JP_ERROR_TEMP, "the database server shuts down or starts; try again"},
    {"58", JP_ERROR_TEMP, "the database server's disk could not be read or written"},
    {"XX001", JP_ERROR_BUG, "the database is damaged; restore a backup"},
    {"XX002", JP_ERROR_BUG, "an index of the database is damaged; see REINDEX"},
};

static const struct meaning *
find_meaning(const char *state)
{
	const struct meaning *best = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(meanings); i++)
		if (g_str_has_prefix(state, meanings[i].state) &&
		    (!best || strlen(meanings[i].state) > strlen(best->state)))
			best = &meanings[i];
	return best;
}

gboolean
jp_pg_fail(jp_conn *c, PGresult *r, GError **error)
{
	const char *state = c->pq->PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *words = c->pq->PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	const struct meaning *m = state ? find_meaning(state) : NULL;

	if (!state) /* libpq's own: the session ended */
		jp_pg_fail_lost(error);
	else if (!m)
		g_set_error(
		    error, JP_ERROR, JP_ERROR_BUG, "the database server reports error %s", state);
	else if (m->text && g_str_has_suffix(m->text, ":"))
		g_set_error(error, JP_ERROR, (int)m->code, "%s %s (%s)", m->text, words, state);
	else
		g_set_error(
		    error, JP_ERROR, (int)m->code, "%s (%s)", m->text ? m->text : words, state);
	c->pq->PQclear(r);
	return FALSE;
}

gboolean
jp_pg_fail_lost(GError **error)
{
	g_set_error(error, JP_ERROR, JP_ERROR_TEMP,
	    "the connection to the database server was lost; try again");
	return FALSE;
}

/* ---- sessions that could not be opened ------------------------------------------------------- */

/* The last SQLSTATE in text such as "FATAL:  28P01: password ..."; "" without one. */
static void
find_state(const char *text, char state[6])
{
	g_autoptr(GRegex) form = g_regex_new(":  ([0-9A-Z]{5}): ", 0, 0, NULL);
	g_autoptr(GMatchInfo) m = NULL;

	state[0] = '\0';
	for (g_regex_match(form, text, 0, &m); g_match_info_matches(m);
	     g_match_info_next(m, NULL)) {
		g_autofree char *found = g_match_info_fetch(m, 1);

		g_strlcpy(state, found, 6);
	}
}

/* What libpq says of certificates and of TLS that one side does not have: a matter of settings. */
static gboolean
is_about_tls(const char *text)
{
	static const char *const parts[] = {
	    "certificate", "does not support SSL", "sslmode", "SSL off", "no encryption"};

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		if (strstr(text, parts[i]))
			return TRUE;
	return FALSE;
}

/* What libpq and PgBouncer say of passwords without a state that tells. */
static gboolean
is_about_password(const char *text)
{
	return strstr(text, "no password supplied") || strstr(text, "authentication failed");
}

/* Of the last address that was tried: "connection to server at ... failed: FATAL:  28P01: words"
 * without the state, as one line. */
static char *
last_try(const char *text)
{
	g_autoptr(GRegex) state = g_regex_new(":  [0-9A-Z]{5}: ", 0, 0, NULL);
	const char *last = g_strrstr(text, "\nconnection to server");
	const char *from = last ? last + 1 : text;
	g_autofree char *line = g_strndup(from, strcspn(from, "\n"));

	return g_regex_replace_literal(state, line, -1, 0, ": ", 0, NULL);
}

static const char *
advice(const char *state)
{
	if (g_str_equal(state, "3D000"))
		return "; make it with createdb(1), then run jp-db init";
	if (g_str_equal(state, "28P01") || g_str_equal(state, "28000"))
		return "; see db.password_file and the server's pg_hba.conf";
	if (g_str_equal(state, "53300"))
		return "; use a pooler, or see max_connections of the server";
	return "";
}

gboolean
jp_pg_fail_connect(const jp_pq *pq, const PGconn *pg, gboolean *may_help, GError **error)
{
	const char *text = pq->PQerrorMessage(pg);
	g_autofree char *line = last_try(text);
	const struct meaning *m;
	jp_error code = JP_ERROR_TEMP;
	char state[6];

	find_state(text, state);
	m = find_meaning(state);
	if (strstr(text, "no such database") || strstr(text, "no such user"))
		code = JP_ERROR_UNAVAILABLE; /* PgBouncer's words; its codes tell nothing */
	else if (is_about_password(text)) {
		code = JP_ERROR_PERM;
		g_strlcpy(state, "28P01", sizeof(state));
	} else if (m)
		code = m->code;
	else if (is_about_tls(text))
		code = JP_ERROR_CONFIG;
	*may_help = code == JP_ERROR_TEMP;
	g_strchomp(line);
	if (!*line || g_str_has_suffix(line, ":"))
		g_set_error(error, JP_ERROR, JP_ERROR_TEMP,
		    "%s%sthe database server does not answer; see db.connect_timeout", line,
		    *line ? " " : "");
	else
		g_set_error(error, JP_ERROR, (int)code, "%s%s", line, advice(state));
	return FALSE;
}
