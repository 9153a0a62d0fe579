/*
 * Payloads and the lines that add tasks: JSON from outside, checked strictly (RFC 8259) and put on
 * one line.  Numbers and strings stay as they were written, so that an id of twenty digits reaches
 * the handler whole.
 */
#include <string.h>

#include "queue/internal.h"

struct scan {
	const char *p, *end;
	GString *out; /* what was read, without the blanks between tokens */
	guint depth;
	const char *wrong; /* what is wrong at p; NULL: nothing */
};

static gboolean
wrong(struct scan *s, const char *what)
{
	if (!s->wrong)
		s->wrong = what;
	return FALSE;
}

static void
skip_blanks(struct scan *s)
{
	while (s->p < s->end && strchr(" \t\r\n", *s->p))
		s->p++;
}

static gboolean
at(const struct scan *s, char c)
{
	return s->p < s->end && *s->p == c;
}

static gboolean
at_digit(const struct scan *s)
{
	return s->p < s->end && g_ascii_isdigit(*s->p);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static gboolean
scan_escape(struct scan *s)
{
	s->p++;
	if (s->p >= s->end || !strchr("\"\\/bfnrtu", *s->p))
		return wrong(s, "an escape that JSON does not know");
	if (*s->p++ != 'u')
		return TRUE;
	for (int i = 0; i < 4; i++, s->p++)
		if (s->p >= s->end || !g_ascii_isxdigit(*s->p))
			return wrong(s, "\\u without four hexadecimal digits");
	return TRUE;
}

static gboolean
scan_string(struct scan *s)
{
	const char *from = s->p++;

	while (!at(s, '"')) {
		if (s->p >= s->end)
			return wrong(s, "a string without an end");
		if ((guchar)*s->p < 0x20)
			return wrong(s, "a control character in a string");
		if (*s->p == '\\') {
			if (!scan_escape(s))
				return FALSE;
		} else {
			s->p++;
		}
	}
	s->p++;
	g_string_append_len(s->out, from, s->p - from);
	return TRUE;
}

static gboolean
scan_digits(struct scan *s)
{
	if (!at_digit(s))
		return wrong(s, "a number without digits");
	while (at_digit(s))
		s->p++;
	return TRUE;
}

static gboolean
scan_number(struct scan *s)
{
	const char *from = s->p;

	s->p += at(s, '-');
	if (at(s, '0'))
		s->p++;
	else if (!scan_digits(s))
		return FALSE;
	if (at(s, '.')) {
		s->p++;
		if (!scan_digits(s))
			return FALSE;
	}
	if (at(s, 'e') || at(s, 'E')) {
		s->p++;
		s->p += at(s, '+') || at(s, '-');
		if (!scan_digits(s))
			return FALSE;
	}
	g_string_append_len(s->out, from, s->p - from);
	return TRUE;
}

static gboolean
scan_word(struct scan *s)
{
	static const char *const words[] = {"true", "false", "null"};

	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		gsize len = strlen(words[i]);

		if ((gsize)(s->end - s->p) < len || strncmp(s->p, words[i], len) != 0)
			continue;
		s->p += len;
		g_string_append_len(s->out, words[i], (gssize)len);
		return TRUE;
	}
	return wrong(s, "not JSON");
}

/* ---- values ---------------------------------------------------------------------------------- */

static gboolean scan_value(struct scan *s);

static void
take(struct scan *s)
{
	g_string_append_c(s->out, *s->p++);
}

static gboolean
scan_member(struct scan *s)
{
	skip_blanks(s);
	if (!at(s, '"'))
		return wrong(s, "a member's name was expected");
	if (!scan_string(s))
		return FALSE;
	skip_blanks(s);
	if (!at(s, ':'))
		return wrong(s, "':' was expected");
	take(s);
	return scan_value(s);
}

/* An object or an array, from its bracket on. */
static gboolean
scan_group(struct scan *s)
{
	char close = *s->p == '{' ? '}' : ']';

	if (++s->depth > JP_MAX_JSON_DEPTH)
		return wrong(s, "nested too deeply");
	take(s);
	skip_blanks(s);
	while (!at(s, close)) {
		if (!(close == '}' ? scan_member(s) : scan_value(s)))
			return FALSE;
		skip_blanks(s);
		if (at(s, close))
			break;
		if (!at(s, ','))
			return wrong(s,
			    close == '}' ? "',' or '}' was expected" : "',' or ']' was expected");
		take(s);
		skip_blanks(s);
		if (at(s, close))
			return wrong(s, "a value was expected behind ','");
	}
	take(s);
	s->depth--;
	return TRUE;
}

static gboolean
scan_value(struct scan *s)
{
	skip_blanks(s);
	if (s->p >= s->end)
		return wrong(s, "a value was expected");
	if (*s->p == '{' || *s->p == '[')
		return scan_group(s);
	if (*s->p == '"')
		return scan_string(s);
	if (*s->p == '-' || g_ascii_isdigit(*s->p))
		return scan_number(s);
	return scan_word(s);
}

/* The JSON of text on one line; NULL and *error where it is none. */
static GString *
one_line(const char *text, gsize len, GError **error)
{
	struct scan s = {.p = text, .end = text + len};
	const char *bad;

	if (!g_utf8_validate_len(text, len, &bad)) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA, "byte %ld: not UTF-8", bad - text + 1);
		return NULL;
	}
	s.out = g_string_sized_new(len + 1);
	if (scan_value(&s)) {
		skip_blanks(&s);
		if (s.p == s.end)
			return s.out;
		(void)wrong(&s, "more than one value"); /* it is said below */
	}
	g_set_error(error, JP_ERROR, JP_ERROR_DATA, "character %ld: %s",
	    g_utf8_strlen(text, s.p - text) + 1, s.wrong);
	g_string_free(s.out, TRUE);
	return NULL;
}

static char *
too_large(GError **error)
{
	g_set_error(error, JP_ERROR, JP_ERROR_DATA,
	    "larger than %d KiB; keep the data elsewhere and name it in the payload",
	    JP_MAX_PAYLOAD / JP_KIB);
	return NULL;
}

char *
jp_task_payload(const char *text, gsize len, GError **error)
{
	GString *line;

	if (len > 2 * JP_MAX_PAYLOAD)
		return too_large(error);
	line = one_line(text, len, error);
	if (!line)
		return NULL;
	if (line->len <= JP_MAX_PAYLOAD)
		return g_string_free(line, FALSE);
	g_string_free(line, TRUE);
	return too_large(error);
}

/* ---- lines that add a task ------------------------------------------------------------------- */

/* The end of the value that begins at p, in JSON that one_line() gave. */
static const char *
value_end(const char *p)
{
	gboolean in_string = FALSE;
	int depth = 0;

	for (; *p; p++) {
		if (in_string && *p == '\\')
			p++;
		else if (*p == '"')
			in_string = !in_string;
		else if (in_string)
			continue;
		else if (depth == 0 && strchr(",}]", *p))
			return p;
		else if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']')
			depth--;
	}
	return p;
}

/* The first value of that name at the top of an object, copied as it stands; NULL: none. */
static char *
member_text(const char *object, const char *name)
{
	g_autofree char *quoted = g_strdup_printf("\"%s\":", name);
	const char *p = object + 1;

	while (*p == '"') {
		const char *key = p, *value;

		for (p++; *p != '"'; p++)
			p += *p == '\\';
		value = p + 2; /* behind the quote and the colon */
		p = value_end(value);
		if (g_str_has_prefix(key, quoted))
			return g_strndup(value, (gsize)(p - value));
		p += *p == ',';
	}
	return NULL;
}

static gboolean
bad_member(const char *name, const char *what, GError **error)
{
	g_set_error(error, JP_ERROR, JP_ERROR_DATA, "%s: %s", name, what);
	return FALSE;
}

/* A name that may be written as a number, too. */
static gboolean
read_name(const cJSON *item, const char **out, GError **error)
{
	if (!cJSON_IsString(item) || !*item->valuestring)
		return bad_member(item->string, "text was expected", error);
	*out = item->valuestring;
	return TRUE;
}

static gboolean
read_whole(const cJSON *json, const cJSON *item, gint64 *out, GError **error)
{
	return jp_json_int(json, item->string, out) ||
	    bad_member(item->string, "a whole number was expected", error);
}

static gboolean
read_time(const cJSON *item, gint64 now, gint64 *run_at, GError **error)
{
	gboolean is_delay = strcmp(item->string, "delay") == 0;
	gint64 ms;

	if (is_delay && cJSON_IsString(item) && jp_duration_parse(item->valuestring, &ms) &&
	    ms >= 0 && ms <= JP_QUEUE_MAX_DELAY)
		*run_at = now + ms;
	else if (!is_delay && cJSON_IsString(item) && jp_time_parse(item->valuestring, &ms, NULL))
		*run_at = ms;
	else
		return bad_member(item->string,
		    is_delay ? "a duration such as \"5m\" was expected"
			     : "a time such as \"2026-10-01T13:40:19Z\" was expected",
		    error);
	return TRUE;
}

static gboolean
read_clash(const cJSON *item, jp_queue_clash *out, GError **error)
{
	return (cJSON_IsString(item) && jp_queue_clash_from_word(item->valuestring, out)) ||
	    bad_member(item->string, "skip, replace or fail was expected", error);
}

static gboolean
read_member(jp_task_line *line, const cJSON *item, gint64 now, GError **error)
{
	jp_task_new *t = &line->task;
	const char *name = item->string;

	if (strcmp(name, "payload") == 0)
		return TRUE;
	if (strcmp(name, "type") == 0)
		return read_name(item, &t->type, error);
	if (strcmp(name, "key") == 0)
		return read_name(item, &t->key, error);
	if (strcmp(name, "subscriber") == 0)
		return read_name(item, &t->subscriber, error);
	if (strcmp(name, "priority") == 0)
		return read_whole(line->json, item, &t->priority, error);
	if (strcmp(name, "max_attempts") == 0)
		return read_whole(line->json, item, &t->max_attempts, error);
	if (strcmp(name, "at") == 0 || strcmp(name, "delay") == 0)
		return read_time(item, now, &t->run_at, error);
	if (strcmp(name, "clash") == 0)
		return read_clash(item, &t->clash, error);
	g_set_error(error, JP_ERROR, JP_ERROR_DATA, "a member that is not known; see jp-queue(1)");
	return FALSE;
}

static gboolean
read_line(jp_task_line *out, const GString *text, gint64 now, GError **error)
{
	const cJSON *item;
	g_autofree char *payload = NULL;

	out->json = jp_json_parse(text->str, text->len, error);
	if (!out->json)
		return FALSE;
	if (!cJSON_IsObject(out->json)) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA, "an object was expected");
		return FALSE;
	}
	cJSON_ArrayForEach (item, out->json)
		if (!cJSON_IsNull(item) && !read_member(out, item, now, error))
			return FALSE;
	payload = member_text(text->str, "payload");
	if (payload && strlen(payload) > JP_MAX_PAYLOAD)
		return too_large(error) != NULL;
	if (payload) {
		out->payload = g_steal_pointer(&payload);
		out->task.payload = out->payload;
	}
	return jp_task_check(&out->task, error);
}

gboolean
jp_task_line_parse(jp_task_line *out, const char *line, gsize len, const jp_task_new *defaults,
    gint64 now, GError **error)
{
	GString *text;
	gboolean ok;

	*out = (jp_task_line){0};
	if (defaults)
		out->task = *defaults;
	text = one_line(line, len, error);
	if (!text)
		return FALSE;
	ok = read_line(out, text, now, error);
	g_string_free(text, TRUE);
	if (!ok)
		jp_task_line_clear(out);
	return ok;
}

void
jp_task_line_clear(jp_task_line *line)
{
	cJSON_Delete(line->json);
	g_free(line->payload);
	*line = (jp_task_line){0};
}
