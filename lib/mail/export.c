/*
 * Subscribers with their saved searches as the YAML or CSV that import.c reads back.
 */
#include "mail/import.h"

#include <string.h>

typedef struct export_run {
	jp_db *db;
	cJSON *yaml;  /* the list; or */
	GString *csv; /* the records */
} export_run;

static void
add_consent(const char *text, const char *way, gint64 at, gpointer data)
{
	cJSON *list = data, *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "text", text);
	cJSON_AddStringToObject(o, "way", way);
	jp_json_add_time(o, "at", at, TRUE);
	cJSON_AddItemToArray(list, o);
}

static void
add_int(cJSON *o, const char *key, int value)
{
	cJSON_AddNumberToObject(o, key, value);
}

/* What both forms hold; free with cJSON_Delete. */
static cJSON *
to_json(const jp_subscriber *s)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "email", s->email);
	if (s->name)
		cJSON_AddStringToObject(o, "name", s->name);
	cJSON_AddStringToObject(o, "timezone", s->timezone);
	add_int(o, "hour", s->hour);
	cJSON_AddStringToObject(o, "frequency", jp_frequency_word(s->frequency));
	add_int(o, "weekday", s->weekday);
	cJSON_AddStringToObject(o, "status", s->status);
	return o;
}

cJSON *
jp_subscriber_to_json(jp_db *db, const jp_subscriber *s)
{
	cJSON *o = to_json(s);
	cJSON *consents = cJSON_AddArrayToObject(o, "consents");
	cJSON *list = cJSON_AddArrayToObject(o, "searches");
	g_autoptr(GPtrArray) searches = jp_search_list(db, s->id);

	jp_subscriber_consents(db, s->id, add_consent, consents);
	for (guint i = 0; i < searches->len; i++)
		cJSON_AddItemToArray(list, jp_search_to_json(g_ptr_array_index(searches, i)));
	return o;
}

static void
each_yaml(const jp_subscriber *s, gpointer data)
{
	export_run *e = data;

	cJSON_AddItemToArray(e->yaml, jp_subscriber_to_json(e->db, s));
}

char *
jp_subscriber_export(jp_db *db)
{
	g_autoptr(cJSON) list = cJSON_CreateArray();
	export_run e = {.db = db, .yaml = list};

	jp_subscriber_list(db, NULL, each_yaml, &e);
	return jp_yaml_write(list);
}

/* A value as a field: lists joined by semicolons.  Free with g_free; NULL: none. */
static char *
field_of(const cJSON *v)
{
	g_autoptr(GString) out = NULL;
	const cJSON *item;

	if (cJSON_IsString(v))
		return g_strdup(v->valuestring);
	if (cJSON_IsNumber(v))
		return g_strdup_printf("%d", v->valueint);
	if (!cJSON_IsArray(v))
		return NULL;
	out = g_string_new(NULL);
	cJSON_ArrayForEach (item, v)
		g_string_append_printf(out, "%s%s", out->len ? ";" : "", item->valuestring);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* One record; search may be NULL. */
static void
add_record(GString *csv, const cJSON *subscriber, const cJSON *search)
{
	char *fields[JP_IMPORT_N_COLUMNS];

	for (guint i = 0; i < JP_IMPORT_N_COLUMNS; i++) {
		const jp_import_column *c = &jp_import_columns[i];
		const cJSON *from = c->kind == JP_IMPORT_SUBSCRIBER ? subscriber : search;

		fields[i] = from ? field_of(jp_json_get(from, c->path ? c->path : c->key)) : NULL;
	}
	jp_csv_write(csv, (const char *const *)fields, JP_IMPORT_N_COLUMNS);
	for (guint i = 0; i < JP_IMPORT_N_COLUMNS; i++)
		g_free(fields[i]);
}

static void
each_csv(const jp_subscriber *s, gpointer data)
{
	export_run *e = data;
	g_autoptr(cJSON) who = to_json(s);
	g_autoptr(GPtrArray) searches = jp_search_list(e->db, s->id);

	if (searches->len == 0)
		add_record(e->csv, who, NULL);
	for (guint i = 0; i < searches->len; i++) {
		g_autoptr(cJSON) search = jp_search_to_json(g_ptr_array_index(searches, i));

		add_record(e->csv, who, search);
	}
}

char *
jp_subscriber_export_csv(jp_db *db)
{
	const char *names[JP_IMPORT_N_COLUMNS];
	export_run e = {.db = db, .csv = g_string_new(NULL)};

	for (guint i = 0; i < JP_IMPORT_N_COLUMNS; i++)
		names[i] = jp_import_columns[i].name;
	jp_csv_write(e.csv, names, JP_IMPORT_N_COLUMNS);
	jp_subscriber_list(db, NULL, each_csv, &e);
	return g_string_free(e.csv, FALSE);
}
