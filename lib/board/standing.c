/*
 * How a board does, in a word, a sentence or one JSON object, for jp-board.
 */
#include "board/internal.h"

#include <string.h>

/* ---- how a board does ------------------------------------------------------------------- */

static char *
day(gint64 at)
{
	g_autofree char *text = jp_time_format(at);

	return g_strndup(text, 10);
}

static char *
failing_sentence(const jp_board_row *r, const char *what)
{
	g_autofree char *since = r->last_success_at == JP_NO_TIME ? NULL : day(r->last_success_at);
	g_autofree char *stand =
	    since ? g_strdup_printf("last read %s", since) : g_strdup("never read");

	return g_strdup_printf("%s on %" G_GINT64_FORMAT " visit%s in a row, %s%s%s", what,
	    r->failures, r->failures == 1 ? "" : "s", stand, r->last_reason ? ": " : "",
	    r->last_reason ? r->last_reason : "");
}

static char *
good_sentence(const jp_board_row *r)
{
	const char *status = r->last_status ? r->last_status : "";
	const char *note = "";

	if (strcmp(status, "partial") == 0)
		note = "; the last listing was not complete";
	else if (strcmp(status, "suspect") == 0)
		note = "; the last listing is waited out";
	return g_strdup_printf("%" G_GINT64_FORMAT " open posting%s%s%s%s", r->n_open,
	    r->n_open == 1 ? "" : "s", note, *note && r->last_reason ? ": " : "",
	    *note && r->last_reason ? r->last_reason : "");
}

const char *
jp_board_standing(const jp_board_row *r, char **sentence)
{
	const char *status = r->last_status;

	if (r->disabled_at != JP_NO_TIME) {
		*sentence = g_strdup(r->disabled_reason ? r->disabled_reason : "switched off");
		return "disabled";
	}
	if (!status) {
		*sentence = g_strdup("never visited");
		return "new";
	}
	if (r->failures == 0) {
		*sentence = good_sentence(r);
		return strcmp(status, "suspect") == 0 ? "suspect" : "ok";
	}
	if (strcmp(status, "gone") == 0) {
		*sentence = failing_sentence(r, "no such board");
		return "gone";
	}
	if (strcmp(status, "blocked") == 0) {
		*sentence = failing_sentence(r,
		    jp_board_schedule_is_parked(r->failures, r->pace)
			? "asked once a week now: refused"
			: "refused");
		return "blocked";
	}
	if (jp_board_schedule_is_parked(r->failures, r->pace)) {
		*sentence = failing_sentence(r, "asked once a week now: no answer");
		return "parked";
	}
	*sentence = failing_sentence(r, "no answer");
	return "failing";
}

/* ---- everything ------------------------------------------------------------------------- */

static cJSON *
visit_to_json(const jp_visit_row *v)
{
	cJSON *o = cJSON_CreateObject();

	jp_json_add_time(o, "at", v->at, TRUE);
	cJSON_AddStringToObject(o, "status", v->status);
	if (v->http_status)
		cJSON_AddNumberToObject(o, "http_status", (double)v->http_status);
	else
		cJSON_AddNullToObject(o, "http_status");
	cJSON_AddBoolToObject(o, "complete", v->complete);
	jp_json_add_text(o, "reason", v->reason);
	cJSON_AddNumberToObject(o, "bytes", (double)v->bytes);
	cJSON_AddNumberToObject(o, "ms", (double)v->ms);
	cJSON_AddNumberToObject(o, "postings", (double)v->n_postings);
	cJSON_AddNumberToObject(o, "bad", (double)v->n_bad);
	cJSON_AddNumberToObject(o, "new", (double)v->n_new);
	cJSON_AddNumberToObject(o, "changed", (double)v->n_changed);
	cJSON_AddNumberToObject(o, "closed", (double)v->n_closed);
	return o;
}

char *
jp_board_pace_text(const jp_board_row *r)
{
	if (r->pace <= 0)
		return NULL;
	return jp_duration_format(r->pace < JP_MINUTE ? r->pace : r->pace - r->pace % JP_MINUTE);
}

cJSON *
jp_board_to_json(jp_db *db, const jp_board_row *r, guint n_visits)
{
	g_autoptr(GPtrArray) visits = jp_board_visits(db, r->id, n_visits);
	g_autofree char *about = NULL,
			*interval = r->interval ? jp_duration_format(r->interval) : NULL,
			*pace = jp_board_pace_text(r);
	const char *word = jp_board_standing(r, &about);
	cJSON *o = cJSON_CreateObject(), *list;

	cJSON_AddNumberToObject(o, "id", (double)r->id);
	cJSON_AddStringToObject(o, "kind", r->kind);
	cJSON_AddStringToObject(o, "token", r->token);
	jp_json_add_text(o, "company", r->company);
	jp_json_add_text(o, "region", r->region);
	cJSON_AddStringToObject(o, "status", word);
	cJSON_AddStringToObject(o, "about", about);
	cJSON_AddNumberToObject(o, "open", (double)r->n_open);
	jp_json_add_text(o, "interval", interval);
	jp_json_add_text(o, "pace", pace);
	jp_json_add_text(o, "host", r->host);
	cJSON_AddNumberToObject(o, "weight", (double)r->weight);
	cJSON_AddNumberToObject(o, "yield", r->yield);
	cJSON_AddNumberToObject(o, "success", r->success);
	jp_json_add_time(o, "next_at", r->next_at, r->disabled_at == JP_NO_TIME);
	jp_json_add_time(o, "last_visit_at", r->last_visit_at, r->last_visit_at != JP_NO_TIME);
	jp_json_add_time(
	    o, "last_success_at", r->last_success_at, r->last_success_at != JP_NO_TIME);
	cJSON_AddNumberToObject(o, "requests", r->requests);
	cJSON_AddNumberToObject(o, "failures", (double)r->failures);
	jp_json_add_time(o, "failing_since", r->failing_since, r->failing_since != JP_NO_TIME);
	jp_json_add_time(o, "disabled_at", r->disabled_at, r->disabled_at != JP_NO_TIME);
	jp_json_add_text(o, "disabled_reason", r->disabled_reason);
	list = cJSON_AddArrayToObject(o, "visits");
	for (guint i = 0; i < visits->len; i++)
		cJSON_AddItemToArray(list, visit_to_json(g_ptr_array_index(visits, i)));
	return o;
}

static void
tell_field(const char *key, const cJSON *item,
    void (*each)(const char *key, const char *value, gpointer data), gpointer data)
{
	const cJSON *one;

	if (cJSON_IsString(item))
		each(key, item->valuestring, data);
	else if (cJSON_IsArray(item))
		cJSON_ArrayForEach (one, item)
			tell_field(key, one, each, data);
	else if (!cJSON_IsNull(item)) {
		g_autofree char *value = jp_json_line(item);

		each(key, value, data);
	}
}

void
jp_board_rows(
    const cJSON *o, void (*each)(const char *key, const char *value, gpointer data), gpointer data)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, o)
		tell_field(item->string, item, each, data);
}
