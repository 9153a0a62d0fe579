/*
 * Subscribers with their saved searches from YAML or CSV.  Both become the same mapping first: a
 *CSV record is one subscriber and at most one search, so that somebody with three searches has
 *three lines.  A bad entry is reported with its line and changes nothing; the others go on.
 *
 *	email name timezone hour weekday frequency      as jp-user(1) has them; what is missing
 *stays consent: TEXT                                   a consent that comes with the entry
 *	consents: [{text, way, at}]                     as an export writes them
 *	status                                          paused is taken over; unsubscribed and
 *bounced only suppress the address searches: [...]                                 see
 *jp_search_from_json()
 */
#include "mail/import.h"

#include <string.h>

/* Entries in one transaction. */
#define BATCH 1000

const jp_import_column jp_import_columns[JP_IMPORT_N_COLUMNS] = {
    {"email", "email", JP_IMPORT_SUBSCRIBER, NULL},
    {"name", "name", JP_IMPORT_SUBSCRIBER, NULL},
    {"timezone", "timezone", JP_IMPORT_SUBSCRIBER, NULL},
    {"hour", "hour", JP_IMPORT_SUBSCRIBER, NULL},
    {"frequency", "frequency", JP_IMPORT_SUBSCRIBER, NULL},
    {"weekday", "weekday", JP_IMPORT_SUBSCRIBER, NULL},
    {"status", "status", JP_IMPORT_SUBSCRIBER, NULL},
    {"consent", "consent", JP_IMPORT_SUBSCRIBER, NULL},
    {"search", "name", JP_IMPORT_SEARCH, NULL},
    {"query", "query", JP_IMPORT_SEARCH, NULL},
    {"search_frequency", "frequency", JP_IMPORT_SEARCH, NULL},
    {"titles", "titles", JP_IMPORT_SEARCH_LIST, NULL},
    {"skills", "skills", JP_IMPORT_SEARCH_LIST, NULL},
    {"locations", "locations", JP_IMPORT_SEARCH_LIST, NULL},
    {"remote", "remote", JP_IMPORT_SEARCH_LIST, NULL},
    {"levels", "levels", JP_IMPORT_SEARCH_LIST, NULL},
    {"types", "types", JP_IMPORT_SEARCH_LIST, NULL},
    {"companies_in", "companies_in", JP_IMPORT_SEARCH_LIST, "companies.in"},
    {"companies_out", "companies_out", JP_IMPORT_SEARCH_LIST, "companies.out"},
    {"languages", "languages", JP_IMPORT_SEARCH_LIST, NULL},
    {"salary_min", "salary_min", JP_IMPORT_SEARCH, NULL},
    {"max_age", "max_age", JP_IMPORT_SEARCH, NULL},
    {"min_score", "min_score", JP_IMPORT_SEARCH, NULL},
};

/* One import. */
typedef struct import_run {
	jp_db *db;
	const jp_keys *keys;
	const char *name;    /* of the file, for messages */
	const char *consent; /* for all, or NULL */
	const char *way;     /* of consents */
	gint64 now;
	gboolean dry_run;
	const jp_yaml *yaml; /* for the lines of nodes; NULL: CSV */
	guint line;          /* of the CSV record */
	guint in_transaction;
	jp_import_counts n;
	gint64 last_search; /* that was stored */
} import_run;

/* An entry, read and checked before anything is written. */
typedef struct entry {
	jp_subscriber *who;
	GPtrArray *searches;          /* of jp_search *, owned */
	const cJSON *consents;        /* borrowed; may be NULL */
	const char *consent, *status; /* the same */
} entry;

static gboolean G_GNUC_PRINTF(2, 3) fail(GError **error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (error)
		*error = g_error_new_valist(JP_ERROR, JP_ERROR_DATA, fmt, ap);
	va_end(ap);
	return FALSE;
}

static void
report(import_run *im, const cJSON *node, const char *what)
{
	guint line = im->yaml ? jp_yaml_line(im->yaml, node) : im->line;

	im->n.bad++;
	jp_warn("%s:%u: %s", im->name, line, what);
}

/* ---- one entry, read ---------------------------------------------------------------------- */

static void
search_free(gpointer s)
{
	jp_search_free(s);
}

static void
entry_clear(entry *e)
{
	jp_subscriber_free(e->who);
	g_clear_pointer(&e->searches, g_ptr_array_unref);
}

static gboolean
read_int(const cJSON *v, int min, int max, int *out)
{
	gint64 n;

	if (cJSON_IsNumber(v) && v->valuedouble >= min && v->valuedouble <= max) {
		*out = v->valueint;
		return v->valuedouble == *out;
	}
	if (!cJSON_IsString(v) || !jp_int_parse(v->valuestring, min, max, &n))
		return FALSE;
	*out = (int)n;
	return TRUE;
}

/* A search without a name is called by its query. */
static void
give_name(jp_search *s)
{
	if (*s->name)
		return;
	g_free(s->name);
	s->name = g_strdup(*s->query ? s->query : "all");
}

static gboolean
read_search(jp_search *s, const cJSON *o, GError **error)
{
	if (jp_search_from_json(s, o, error)) {
		give_name(s);
		if (jp_search_check(s, error))
			return TRUE;
	}
	g_prefix_error(error, "search: ");
	return FALSE;
}

static gboolean
read_searches(entry *e, const cJSON *list, const cJSON **node, GError **error)
{
	const cJSON *o;

	if (!cJSON_IsArray(list))
		return fail(error, "searches: not a list");
	cJSON_ArrayForEach (o, list) {
		jp_search *s = jp_search_new();

		*node = o;
		g_ptr_array_add(e->searches, s);
		if (!read_search(s, o, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
set_text(char **to, const cJSON *v, const char *key, GError **error)
{
	if (!cJSON_IsString(v))
		return fail(error, "%s: not a text", key);
	g_free(*to);
	*to = *v->valuestring ? g_strdup(v->valuestring) : NULL;
	return TRUE;
}

/* Reads one member of an entry's mapping; *node is what the error is about. */
static gboolean
read_member(entry *e, const cJSON *v, const cJSON **node, GError **error)
{
	const char *key = v->string;
	jp_subscriber *s = e->who;

	*node = v;
	if (strcmp(key, "email") == 0)
		return TRUE; /* read first */
	if (strcmp(key, "name") == 0)
		return set_text(&s->name, v, key, error);
	if (strcmp(key, "timezone") == 0)
		return cJSON_IsString(v) && *v->valuestring
		    ? set_text(&s->timezone, v, key, error)
		    : fail(error, "timezone: not a name such as Europe/Berlin");
	if (strcmp(key, "hour") == 0)
		return read_int(v, 0, 23, &s->hour) ||
		    fail(error, "hour: not a whole number from 0 to 23");
	if (strcmp(key, "weekday") == 0)
		return read_int(v, 1, 7, &s->weekday) ||
		    fail(error, "weekday: not a whole number from 1 (Monday) to 7");
	if (strcmp(key, "frequency") == 0)
		return (cJSON_IsString(v) &&
			   jp_frequency_from_word(v->valuestring, &s->frequency)) ||
		    fail(error, "frequency: not one of instant, daily, weekdays, weekly, off");
	if (strcmp(key, "searches") == 0)
		return read_searches(e, v, node, error);
	if (strcmp(key, "consents") == 0) {
		e->consents = v;
		return cJSON_IsArray(v) || fail(error, "consents: not a list");
	}
	if (strcmp(key, "consent") != 0 && strcmp(key, "status") != 0)
		return fail(error, "unknown key \"%s\"", key);
	if (!cJSON_IsString(v))
		return fail(error, "%s: not a text", key);
	if (*key == 's')
		e->status = v->valuestring;
	else if (*v->valuestring)
		e->consent = v->valuestring;
	return TRUE;
}

static gboolean
check_status(const char *status, GError **error)
{
	static const char *const words[] = {
	    "pending", "active", "paused", "unsubscribed", "bounced", NULL};

	return !status || g_strv_contains(words, status) ||
	    fail(error, "status: not one of pending, active, paused, unsubscribed, bounced");
}

static gboolean
check_consents(const cJSON *list, const cJSON **node, GError **error)
{
	const cJSON *o;

	cJSON_ArrayForEach (o, list) {
		const char *at = jp_json_text(o, "at");
		gint64 ms;

		*node = o;
		if (!jp_json_text(o, "text") || !jp_json_text(o, "way") || !at ||
		    !jp_time_parse(at, &ms, NULL))
			return fail(error, "consents: text, way and at (a time) are expected");
	}
	return TRUE;
}

/* Reads an entry over what is known of that address.  *node is what the error is about. */
static gboolean
read_entry(import_run *im, entry *e, const cJSON *o, const cJSON **node, GError **error)
{
	const char *email = jp_json_text(o, "email");
	const cJSON *v;
	gint64 id;

	*node = o;
	if (!cJSON_IsObject(o))
		return fail(error, "not a mapping of email, name, ...");
	if (!email)
		return fail(error, "email is missing");
	if (!jp_address_check(email, error))
		return FALSE;
	id = jp_subscriber_find(im->db, email);
	e->who = id ? jp_subscriber_load(im->db, id) : NULL;
	if (!e->who)
		e->who = jp_subscriber_new();
	e->searches = g_ptr_array_new_with_free_func(search_free);
	g_free(e->who->email);
	e->who->email = g_strdup(email);
	cJSON_ArrayForEach (v, o)
		if (!read_member(e, v, node, error))
			return FALSE;
	*node = o;
	return check_status(e->status, error) && check_consents(e->consents, node, error) &&
	    jp_subscriber_check(e->who, error);
}

/* ---- one entry, written ------------------------------------------------------------------- */

static void
write_consents(import_run *im, const entry *e, gint64 id)
{
	const cJSON *o;

	if (e->consent)
		jp_subscriber_consent(im->db, id, e->consent, im->way, im->now, im->now);
	cJSON_ArrayForEach (o, e->consents) {
		gint64 at = im->now;

		(void)jp_time_parse(jp_json_text(o, "at"), &at, NULL); /* checked before */
		jp_subscriber_consent(
		    im->db, id, jp_json_text(o, "text"), jp_json_text(o, "way"), at, im->now);
	}
}

/* An address that must not be mailed is suppressed here too, and else not kept. */
static gboolean
is_stopped(const char *status)
{
	return g_strcmp0(status, "unsubscribed") == 0 || g_strcmp0(status, "bounced") == 0;
}

static gboolean
write_entry(import_run *im, const entry *e, GError **error)
{
	gboolean is_new = FALSE;
	gint64 id;

	g_assert(e->who); /* read_entry() gave one */
	if (is_stopped(e->status)) {
		jp_subscriber_suppress(im->db, im->keys, e->who->email, e->status, im->now);
		if (e->who->id)
			jp_subscriber_stop(im->db, im->keys, e->who->id, e->status, im->now);
		im->n.changed++;
		return TRUE;
	}
	id = jp_subscriber_put(
	    im->db, im->keys, e->who, im->consent, im->way, im->now, &is_new, error);
	if (!id)
		return FALSE;
	e->who->id = id;
	for (guint i = 0; i < e->searches->len; i++)
		im->last_search = jp_subscriber_put_search(
		    im->db, e->who, g_ptr_array_index(e->searches, i), im->now);
	write_consents(im, e, id);
	if (g_strcmp0(e->status, "paused") == 0)
		jp_subscriber_pause(im->db, id, TRUE, im->now);
	if (is_new)
		im->n.added++;
	else
		im->n.changed++;
	return TRUE;
}

static void
end_transaction(const import_run *im)
{
	if (im->dry_run)
		jp_db_rollback(im->db);
	else
		jp_db_commit(im->db);
}

static void
next_transaction(import_run *im)
{
	if (++im->in_transaction < BATCH)
		return;
	end_transaction(im);
	jp_db_begin(im->db, JP_TX_WRITE);
	im->in_transaction = 0;
}

static void
import_entry(import_run *im, const cJSON *o)
{
	entry e = {0};
	const cJSON *node = o;
	g_autoptr(GError) error = NULL;

	if (!read_entry(im, &e, o, &node, &error) || !write_entry(im, &e, &error))
		report(im, node, error->message);
	entry_clear(&e);
	next_transaction(im);
}

gint64
jp_subscriber_put_json(jp_db *db, const jp_keys *k, const cJSON *o, const char *way, gint64 now,
    gboolean *is_new, gint64 *search, GError **error)
{
	import_run im = {.db = db, .keys = k, .way = way, .now = now};
	entry e = {0};
	const cJSON *node;
	gint64 id = 0;

	if (read_entry(&im, &e, o, &node, error) && write_entry(&im, &e, error))
		id = e.who->id;
	entry_clear(&e);
	*is_new = im.n.added > 0;
	*search = im.last_search;
	return id;
}

/* ---- YAML --------------------------------------------------------------------------------- */

static gboolean
import_yaml(import_run *im, const char *text, gsize len, GError **error)
{
	g_autoptr(jp_yaml) yaml = jp_yaml_parse(text, len, im->name, error);
	const cJSON *root, *o;

	if (!yaml)
		return FALSE;
	root = jp_yaml_root(yaml);
	if (root && !cJSON_IsArray(root))
		return fail(error, "%s: not a list of subscribers", im->name);
	im->yaml = yaml;
	jp_db_begin(im->db, JP_TX_WRITE);
	cJSON_ArrayForEach (o, root) {
		if (jp_stopping())
			break;
		import_entry(im, o);
	}
	end_transaction(im);
	return TRUE;
}

/* ---- CSV ---------------------------------------------------------------------------------- */

static const jp_import_column *
find_column(const char *name)
{
	for (guint i = 0; i < JP_IMPORT_N_COLUMNS; i++)
		if (g_ascii_strcasecmp(name, jp_import_columns[i].name) == 0)
			return &jp_import_columns[i];
	return NULL;
}

static gboolean
has_column(const GArray *columns, const jp_import_column *c)
{
	for (guint i = 0; i < columns->len; i++)
		if (g_array_index(columns, const jp_import_column *, i) == c)
			return TRUE;
	return FALSE;
}

static gboolean
read_header(import_run *im, jp_csv *csv, GArray *columns, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) broken = NULL;
	gboolean has_email = FALSE;

	if (!jp_csv_next(csv, names, &broken))
		return broken ? fail(error, "%s: %s", im->name, broken->message) : TRUE;
	for (guint i = 0; i < names->len; i++) {
		const jp_import_column *c = find_column(g_strstrip(g_ptr_array_index(names, i)));

		if (!c)
			return fail(error, "%s:%u: unknown column \"%s\"; see jp-user(1)", im->name,
			    csv->line, (char *)g_ptr_array_index(names, i));
		if (has_column(columns, c))
			return fail(error, "%s:%u: column \"%s\" stands there twice", im->name,
			    csv->line, c->name);
		has_email = has_email || strcmp(c->name, "email") == 0;
		g_array_append_val(columns, c);
	}
	return has_email || fail(error, "%s:%u: no column \"email\"", im->name, csv->line);
}

static void
add_list(cJSON *o, const char *key, const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ";", -1);
	cJSON *list = cJSON_AddArrayToObject(o, key);

	for (char **p = parts; *p; p++)
		if (*g_strstrip(*p))
			cJSON_AddItemToArray(list, cJSON_CreateString(*p));
}

/* One record as the mapping that YAML would have given; free with cJSON_Delete. */
static cJSON *
record_to_json(const GArray *columns, const GPtrArray *fields)
{
	cJSON *o = cJSON_CreateObject();
	g_autoptr(cJSON) search = cJSON_CreateObject();
	cJSON *searches;

	for (guint i = 0; i < fields->len; i++) {
		const jp_import_column *c = g_array_index(columns, const jp_import_column *, i);
		const char *text = g_strstrip(g_ptr_array_index(fields, i));

		if (*text == '\0')
			continue;
		switch (c->kind) {
		case JP_IMPORT_SUBSCRIBER:
			cJSON_AddStringToObject(o, c->key, text);
			break;
		case JP_IMPORT_SEARCH:
			cJSON_AddStringToObject(search, c->key, text);
			break;
		case JP_IMPORT_SEARCH_LIST:
			add_list(search, c->key, text);
			break;
		}
	}
	if (!search->child)
		return o;
	searches = cJSON_AddArrayToObject(o, "searches");
	cJSON_AddItemToArray(searches, g_steal_pointer(&search));
	return o;
}

static void
import_record(import_run *im, const GArray *columns, const GPtrArray *fields)
{
	g_autoptr(cJSON) o = NULL;

	for (guint i = 0; i < fields->len; i++) {
		const char *text = g_ptr_array_index(fields, i);

		if (!g_utf8_validate(text, -1, NULL)) {
			report(im, NULL, "not UTF-8");
			return;
		}
	}
	if (fields->len > columns->len) {
		report(im, NULL, "more fields than the header has");
		return;
	}
	o = record_to_json(columns, fields);
	import_entry(im, o);
}

static gboolean
import_csv(import_run *im, const char *text, gsize len, GError **error)
{
	g_autoptr(GArray) columns = g_array_new(FALSE, FALSE, sizeof(jp_import_column *));
	g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
	jp_csv csv;

	jp_csv_init(&csv, text, len);
	if (!read_header(im, &csv, columns, error))
		return FALSE;
	jp_db_begin(im->db, JP_TX_WRITE);
	while (!jp_stopping()) {
		g_autoptr(GError) broken = NULL;
		gboolean ok = jp_csv_next(&csv, fields, &broken);

		im->line = csv.line;
		if (ok)
			import_record(im, columns, fields);
		else if (broken)
			report(im, NULL, strchr(broken->message, ':') + 2);
		else
			break;
	}
	end_transaction(im);
	return TRUE;
}

/* ---- either ------------------------------------------------------------------------------- */

/* By the name's end; else a first line of words without a colon is a CSV header. */
static gboolean
looks_like_csv(const char *name, const char *text, gsize len)
{
	const char *nl = memchr(text, '\n', len);
	gsize first = nl ? (gsize)(nl - text) : len;

	if (g_str_has_suffix(name, ".csv"))
		return TRUE;
	if (g_str_has_suffix(name, ".yaml") || g_str_has_suffix(name, ".yml"))
		return FALSE;
	return first > 0 && !strchr("-#[{%", text[0]) && !memchr(text, ':', first);
}

gboolean
jp_subscriber_import(jp_db *db, const jp_keys *k, const char *text, gsize len, const char *name,
    const char *consent, gint64 now, gboolean dry_run, jp_import_counts *counts, GError **error)
{
	import_run im = {.db = db,
	    .keys = k,
	    .name = name,
	    .consent = consent,
	    .way = "import",
	    .now = now,
	    .dry_run = dry_run};
	gboolean ok = looks_like_csv(name, text, len) ? import_csv(&im, text, len, error)
						      : import_yaml(&im, text, len, error);

	*counts = im.n;
	return ok;
}
