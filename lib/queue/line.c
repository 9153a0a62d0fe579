/*
 * What a handler is told and what its answers mean.  Pure: bytes in, lines out.  Batch mode speaks
 * JSON Lines (RFC 8259, a value a line) in both directions; a process of its own is judged by its
 * exit status (sysexits(3)).
 */
#include <string.h>
#include <sys/wait.h>

#include "queue/handler.h"

/* What an answer may ask to wait; a year is a mistake of units. */
#define MAX_RETRY_IN (365 * JP_DAY)

/* ---- lines ----------------------------------------------------------------------------------- */

void
jp_linebuf_init(jp_linebuf *b, gsize max)
{
	*b = (jp_linebuf){.bytes = g_byte_array_new(), .max = max};
}

void
jp_linebuf_clear(jp_linebuf *b)
{
	g_clear_pointer(&b->bytes, g_byte_array_unref);
}

/* Adds to the line that is not whole, unless that makes it too long. */
static void
hold(jp_linebuf *b, const char *data, gsize len)
{
	if (b->skipping)
		return;
	if (b->bytes->len + len > b->max) {
		b->skipping = TRUE;
		b->n_long++;
		g_byte_array_set_size(b->bytes, 0);
		return;
	}
	g_byte_array_append(b->bytes, (const guint8 *)data, (guint)len);
}

void
jp_linebuf_feed(jp_linebuf *b, const void *data, gsize len,
    void (*line)(const char *text, gsize len, gpointer data), gpointer user)
{
	const char *p = data, *end = p + len, *newline;

	while (p < end && (newline = memchr(p, '\n', (gsize)(end - p))) != NULL) {
		hold(b, p, (gsize)(newline - p));
		if (!b->skipping) {
			guint n = b->bytes->len;

			g_byte_array_append(b->bytes, (const guint8 *)"", 1);
			line((const char *)b->bytes->data, n, user);
		}
		b->skipping = FALSE;
		g_byte_array_set_size(b->bytes, 0);
		p = newline + 1;
	}
	if (p < end)
		hold(b, p, (gsize)(end - p));
}

/* ---- answers --------------------------------------------------------------------------------- */

static gboolean
refuse(GError **error, const char *what)
{
	g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA, what);
	return FALSE;
}

/* "90s", or seconds as a number; *out is -1 when it is not there. */
static gboolean
read_retry_in(const cJSON *o, gint64 *out)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, "retry_in");

	*out = -1;
	if (!v || cJSON_IsNull(v))
		return TRUE;
	if (cJSON_IsString(v))
		return jp_duration_parse(v->valuestring, out) && *out <= MAX_RETRY_IN;
	if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0) ||
	    v->valuedouble > (double)MAX_RETRY_IN / JP_SECOND)
		return FALSE;
	*out = (gint64)(v->valuedouble * JP_SECOND);
	return TRUE;
}

static gboolean
read_status(const cJSON *o, gint64 retry_in, jp_answer_status *out)
{
	static const char *const words[] = {
	    [JP_TASK_ANSWER_DONE] = "done",
	    [JP_TASK_ANSWER_RETRY] = "retry",
	    [JP_TASK_ANSWER_DEAD] = "dead",
	};
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, "status");

	if (!v) {
		*out = JP_TASK_ANSWER_RETRY;
		return retry_in >= 0;
	}
	for (guint i = 0; cJSON_IsString(v) && i < G_N_ELEMENTS(words); i++)
		if (strcmp(words[i], v->valuestring) == 0) {
			*out = (jp_answer_status)i;
			return TRUE;
		}
	return FALSE;
}

static char *
read_text(const cJSON *o, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);

	if (!v || cJSON_IsNull(v))
		return NULL;
	return cJSON_IsString(v) ? g_strdup(v->valuestring) : jp_json_line(v);
}

gboolean
jp_task_answer_parse(jp_task_answer *out, const char *text, gsize len, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(text, len, error);
	const cJSON *o = jp_json_root(json);

	*out = (jp_task_answer){.retry_in = -1};
	if (!o)
		return FALSE;
	if (!cJSON_IsObject(o))
		return refuse(error, "not an object");
	if (!jp_json_int(o, "id", &out->id) || out->id <= 0)
		return refuse(error, "no \"id\" of a task");
	if (!read_retry_in(o, &out->retry_in))
		return refuse(error, "\"retry_in\" is neither seconds nor a duration such as 90s");
	if (!read_status(o, out->retry_in, &out->status))
		return refuse(error, "\"status\" is not one of done, retry, dead");
	out->error = read_text(o, "error");
	out->result = read_text(o, "result");
	return TRUE;
}

void
jp_task_answer_clear(jp_task_answer *a)
{
	g_clear_pointer(&a->error, g_free);
	g_clear_pointer(&a->result, g_free);
}

char *
jp_task_answer_write(const jp_task_answer *a)
{
	static const char *const words[] = {
	    [JP_TASK_ANSWER_DONE] = "done",
	    [JP_TASK_ANSWER_RETRY] = "retry",
	    [JP_TASK_ANSWER_DEAD] = "dead",
	};
	g_autoptr(cJSON) o = cJSON_CreateObject();
	g_autofree char *line = NULL;

	jp_json_add_int(o, "id", a->id);
	cJSON_AddStringToObject(o, "status", words[a->status]);
	if (a->retry_in >= 0) {
		g_autofree char *wait = jp_duration_format(a->retry_in);

		cJSON_AddStringToObject(o, "retry_in", wait);
	}
	if (a->error)
		cJSON_AddStringToObject(o, "error", a->error);
	if (a->result)
		cJSON_AddStringToObject(o, "result", a->result);
	line = jp_json_line(o);
	return g_strconcat(line, "\n", NULL);
}

gint64
jp_task_retry_in(const void *output, gsize len)
{
	const char *text = output, *begin;
	g_autoptr(jp_json) json = NULL;
	const cJSON *o;
	gint64 wait;

	while (len > 0 && g_ascii_isspace(text[len - 1]))
		len--;
	begin = len > 0 ? memrchr(text, '\n', len) : NULL;
	begin = begin ? begin + 1 : text;
	if (len == 0 || *begin != '{')
		return -1;
	json = jp_json_read(begin, len - (gsize)(begin - text), NULL);
	o = jp_json_root(json);
	return cJSON_IsObject(o) && read_retry_in(o, &wait) ? wait : -1;
}

/* ---- tasks ----------------------------------------------------------------------------------- */

/* TRUE for a text that JSON has as it is. */
static gboolean
is_plain(const char *text)
{
	while ((guchar)*text >= ' ' && *text != '"' && *text != '\\')
		text++;
	return *text == '\0';
}

static void
append_text(GString *out, const char *key, const char *text)
{
	g_string_append(out, key);
	if (!text) {
		g_string_append(out, "null");
	} else if (is_plain(text)) {
		g_string_append_c(g_string_append(g_string_append_c(out, '"'), text), '"');
	} else {
		g_autoptr(cJSON) v = cJSON_CreateString(text);
		g_autofree char *json = jp_json_line(v);

		g_string_append(out, json);
	}
}

void
jp_task_facts_line(const jp_task_facts *t, GString *out)
{
	g_autofree char *created = jp_time_format(t->created_at);

	g_string_append_printf(out,
	    "{\"id\":%" G_GINT64_FORMAT ",\"type\":\"%s\",\"attempt\":%" G_GINT64_FORMAT
	    ",\"max_attempts\":%" G_GINT64_FORMAT ",\"created_at\":\"%s\"",
	    t->id, t->type, t->attempt, t->max_attempts, created); /* none needs an escape */
	append_text(out, ",\"key\":", t->key);
	append_text(out, ",\"subscriber\":", t->subscriber);
	g_string_append(g_string_append(out, ",\"payload\":"), t->payload);
	g_string_append(out, "}\n");
}

static void
set_int(char ***env, const char *name, gint64 n)
{
	g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, n);

	*env = g_environ_setenv(*env, name, text, TRUE);
}

/* A fact that there is not is an empty variable: one of an outer handler must not be inherited. */
char **
jp_task_facts_env(const jp_task_facts *t, char **env)
{
	g_autofree char *created = jp_time_format(t->created_at);
	char **own = g_strdupv(env);

	set_int(&own, "JP_TASK_ID", t->id);
	set_int(&own, "JP_TASK_ATTEMPT", t->attempt);
	set_int(&own, "JP_TASK_MAX_ATTEMPTS", t->max_attempts);
	own = g_environ_setenv(own, "JP_TASK_TYPE", t->type, TRUE);
	own = g_environ_setenv(own, "JP_TASK_KEY", t->key ? t->key : "", TRUE);
	own = g_environ_setenv(own, "JP_TASK_SUBSCRIBER", t->subscriber ? t->subscriber : "", TRUE);
	return g_environ_setenv(own, "JP_TASK_CREATED_AT", created, TRUE);
}

/* ---- the end of a process -------------------------------------------------------------------- */

jp_end_kind
jp_task_judge(int status, char **why)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	*why = NULL;
	if (code == 0)
		return JP_ENDED_DONE;
	if (code < 0) {
		*why = g_strdup_printf(
		    "killed by signal %d (%s)", WTERMSIG(status), g_strsignal(WTERMSIG(status)));
		return JP_ENDED_RETRY;
	}
	if (code == 126 || code == 127) {
		*why = g_strdup_printf("exit %d: the command %s", code,
		    code == 127 ? "is not found" : "cannot be run");
		return JP_ENDED_NOT_RUN;
	}
	*why = g_strdup_printf("exit %d", code);
	if (code >= JP_ERROR_USAGE && code <= JP_ERROR_CONFIG && code != JP_ERROR_TEMP)
		return JP_ENDED_DEAD;
	return JP_ENDED_RETRY;
}
