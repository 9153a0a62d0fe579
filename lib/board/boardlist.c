/*
 * Lists of boards as YAML, for jp-board import and export:
 *
 *	- greenhouse:acme
 *	- https://jobs.lever.co/umbra
 *	- board: ashby:Nord Tal
 *	  company: Nordtal
 *	  interval: 6h
 *	- kind: feed
 *	  token: https://jobs.example.org/all.rss
 *	  enabled: no
 *
 * An import is all or nothing; its errors name file and line.
 */
#include "board/internal.h"

#include <string.h>

struct entry { /* a board as the file gives it; strings owned */
	char *token, *company;
	jp_board_spec spec;
};

struct reader {
	const jp_yaml *yaml;
	const char *name;
	GArray *entries;   /* of struct entry */
	GHashTable *names; /* "kind:token" of those */
};

static void
entry_clear(gpointer data)
{
	struct entry *e = data;

	g_free(e->token);
	g_free(e->company);
}

G_GNUC_PRINTF(4, 5)
static gboolean
complain(const struct reader *in, const cJSON *node, GError **error, const char *fmt, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_set_error(error, JP_ERROR, JP_ERROR_DATA, "%s:%u: %s", in->name,
	    jp_yaml_line(in->yaml, node), text);
	return FALSE;
}

/* ---- reading one ------------------------------------------------------------------------ */

static gboolean
set_name(struct reader *in, struct entry *e, const cJSON *node, const char *name, GError **error)
{
	g_autoptr(GError) why = NULL;
	const jp_adapter *adapter;

	if (e->token)
		return complain(in, node, error, "the board is named twice");
	if (!jp_board_name_parse(name, &adapter, &e->token, &why))
		return complain(in, node, error, "%s", why->message);
	e->spec.kind = adapter->kind;
	return TRUE;
}

static gboolean
read_board(struct reader *in, struct entry *e, const cJSON *v, GError **error)
{
	return set_name(in, e, v, v->valuestring, error);
}

static gboolean
read_company(struct reader *in, struct entry *e, const cJSON *v, GError **error)
{
	e->company = g_strstrip(g_strdup(v->valuestring));
	if (*e->company)
		return TRUE;
	return complain(in, v, error, "company is empty");
}

static gboolean
read_interval(struct reader *in, struct entry *e, const cJSON *v, GError **error)
{
	gint64 ms;

	if (!jp_duration_parse(v->valuestring, &ms) || ms < JP_BOARD_MIN_INTERVAL ||
	    ms > JP_BOARD_MAX_INTERVAL)
		return complain(in, v, error, "interval is a duration from 5m to 30d, such as 6h");
	e->spec.interval = ms;
	return TRUE;
}

static gboolean
read_weight(struct reader *in, struct entry *e, const cJSON *v, GError **error)
{
	if (jp_int_parse(v->valuestring, 1, JP_BOARD_MAX_WEIGHT, &e->spec.weight))
		return TRUE;
	return complain(in, v, error, "weight is a number from 1 to %d", JP_BOARD_MAX_WEIGHT);
}

static gboolean
read_enabled(struct reader *in, struct entry *e, const cJSON *v, GError **error)
{
	const char *word = v->valuestring;

	if (strcmp(word, "yes") == 0 || strcmp(word, "true") == 0)
		e->spec.enabled = JP_BOARD_ENABLE;
	else if (strcmp(word, "no") == 0 || strcmp(word, "false") == 0)
		e->spec.enabled = JP_BOARD_DISABLE;
	else
		return complain(in, v, error, "enabled is yes or no");
	return TRUE;
}

static const struct key {
	const char *name;
	gboolean (*read)(struct reader *in, struct entry *e, const cJSON *v, GError **error);
} keys[] = {
    {"board", read_board},
    {"url", read_board},
    {"company", read_company},
    {"interval", read_interval},
    {"weight", read_weight},
    {"enabled", read_enabled},
    {"kind", NULL}, /* kind and token go together, see read_pair */
    {"token", NULL},
};

static const struct key *
find_key(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static gboolean
read_pair(struct reader *in, struct entry *e, const cJSON *map, GError **error)
{
	const char *kind = jp_json_text(map, "kind"), *token = jp_json_text(map, "token");
	g_autofree char *name = NULL;

	if (!kind && !token)
		return e->token ? TRUE
				: complain(in, map, error, "no board, url, or kind and token");
	if (!kind || !token)
		return complain(in, map, error, "kind and token go together");
	name = g_strdup_printf("%s:%s", kind, token);
	return set_name(in, e, map, name, error);
}

static gboolean
read_map(struct reader *in, struct entry *e, const cJSON *map, GError **error)
{
	const cJSON *v;

	cJSON_ArrayForEach (v, map) {
		const struct key *key = find_key(v->string);

		if (!key) {
			g_autofree char *shown = jp_listing_excerpt(v->string);

			return complain(in, v, error,
			    "unknown key \"%s\"; known are board, url, kind, token, company, "
			    "interval, weight, enabled",
			    shown);
		}
		if (!cJSON_IsString(v))
			return complain(in, v, error, "%s is a text", key->name);
		if (key->read && !key->read(in, e, v, error))
			return FALSE;
	}
	return read_pair(in, e, map, error);
}

static gboolean
is_repeated(struct reader *in, const struct entry *e)
{
	return !g_hash_table_add(in->names, g_strdup_printf("%s:%s", e->spec.kind, e->token));
}

static gboolean
read_entry(struct reader *in, const cJSON *node, GError **error)
{
	struct entry e = {0};
	gboolean ok;

	if (cJSON_IsString(node))
		ok = set_name(in, &e, node, node->valuestring, error);
	else if (cJSON_IsObject(node))
		ok = read_map(in, &e, node, error);
	else
		ok = complain(in, node, error, "a board is a text or a mapping");
	if (ok && is_repeated(in, &e))
		ok = complain(
		    in, node, error, "%s:%s stands in the file twice", e.spec.kind, e.token);
	if (!ok) {
		entry_clear(&e);
		return FALSE;
	}
	e.spec.token = e.token;
	e.spec.company = e.company;
	g_array_append_val(in->entries, e);
	return TRUE;
}

/* ---- the whole -------------------------------------------------------------------------- */

static gboolean
read_all(struct reader *in, GError **error)
{
	const cJSON *root = jp_yaml_root(in->yaml), *node;

	if (!cJSON_IsArray(root)) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA, "%s: not a list of boards", in->name);
		return FALSE;
	}
	cJSON_ArrayForEach (node, root)
		if (!read_entry(in, node, error))
			return FALSE;
	return TRUE;
}

static void
put_all(jp_db *db, const GArray *entries, gint64 now, jp_board_tally *tally)
{
	for (guint i = 0; i < entries->len; i++) {
		const struct entry *e = &g_array_index(entries, struct entry, i);
		gboolean is_new, is_changed;

		(void)jp_board_put(
		    db, &e->spec, now, &is_new, &is_changed); /* its id is not needed */
		tally->n_new += is_new;
		tally->n_changed += is_changed;
		tally->n_known += !is_new && !is_changed;
	}
}

static gboolean
import_yaml(jp_db *db, const char *text, gsize len, const char *name, gint64 now,
    jp_board_tally *tally, GError **error)
{
	g_autoptr(jp_yaml) yaml = jp_yaml_parse(text, len, name, error);
	g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct reader in = {.yaml = yaml, .name = name, .entries = entries, .names = names};

	g_array_set_clear_func(entries, entry_clear);
	if (!yaml || !read_all(&in, error))
		return FALSE;
	put_all(db, entries, now, tally);
	return TRUE;
}

gboolean
jp_board_import(jp_db *db, const char *text, gsize len, const char *name, gint64 now,
    jp_board_tally *tally, GError **error)
{
	g_autofree char *plain = NULL;

	if (!jp_gzip_inflate(text, len, JP_MAX_IMPORT, &plain, &len, error)) {
		g_prefix_error(error, "%s: ", name);
		return FALSE;
	}
	if (plain)
		text = plain;
	if (!jp_board_is_csv(text, len))
		return import_yaml(db, text, len, name, now, tally, error);
	jp_board_import_csv(db, text, len, name, now, tally);
	return TRUE;
}

gboolean
jp_board_import_files(jp_db *db, char **paths, gint64 now, jp_board_tally *tally, GError **error)
{
	for (; *paths; paths++) {
		g_autofree char *text = NULL;
		gsize len;

		if (!jp_file_read(*paths, (gsize)JP_MAX_IMPORT, &text, &len, error) ||
		    !jp_board_import(db, text, len, *paths, now, tally, error))
			return FALSE;
	}
	return TRUE;
}

char *
jp_board_export(jp_db *db)
{
	g_autoptr(GPtrArray) rows = jp_board_list(db);
	g_autoptr(cJSON) list = cJSON_CreateArray();

	for (guint i = 0; i < rows->len; i++) {
		const jp_board_row *r = g_ptr_array_index(rows, i);
		g_autofree char *interval = r->interval ? jp_duration_format(r->interval) : NULL;
		cJSON *o = cJSON_CreateObject();

		cJSON_AddStringToObject(o, "kind", r->kind);
		cJSON_AddStringToObject(o, "token", r->token);
		if (r->company)
			cJSON_AddStringToObject(o, "company", r->company);
		if (interval)
			cJSON_AddStringToObject(o, "interval", interval);
		if (r->weight != JP_BOARD_WEIGHT) {
			g_autofree char *weight = g_strdup_printf("%" G_GINT64_FORMAT, r->weight);

			cJSON_AddStringToObject(o, "weight", weight);
		}
		if (r->disabled_at != JP_NO_TIME)
			cJSON_AddStringToObject(o, "enabled", "no");
		cJSON_AddItemToArray(list, o);
	}
	return jp_yaml_write(list);
}
