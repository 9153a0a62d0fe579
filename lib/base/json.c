/*
 * JSON in cJSON's nodes, made safe for bytes from outside: bounds, errors with line and column,
 * UTF-8 always, HTML told apart.  Standard: RFC 8259.
 */
#include "base/base.h"
#include "base/internal.h"

#include <math.h>
#include <string.h>

#define MAX_EXACT G_GINT64_CONSTANT(9007199254740992) /* 2^53: integers a double holds */

#define MAX_DIGITS_15 G_GINT64_CONSTANT(1000000000000000) /* cJSON rounds what is longer */

/* ---- parsing -------------------------------------------------------------------------------- */

static jp_json *
fail_at(const char *text, const char *at, const char *what, GError **error)
{
	const char *line = text;
	guint n = 1;

	for (const char *p = text; p < at; p++)
		if (*p == '\n') {
			n++;
			line = p + 1;
		}
	g_set_error(error, JP_ERROR, JP_ERROR_DATA, "line %u, column %ld: %s", n,
	    g_utf8_strlen(line, at - line) + 1, what);
	return NULL;
}

/* The end of the ASCII at p; thirty-two bytes at a time. */
static const char *
ascii_end(const char *p, const char *end)
{
	const guint64 high = G_GUINT64_CONSTANT(0x8080808080808080);
	guint64 w[4];

	for (; end - p >= (gssize)sizeof w; p += sizeof w) {
		memcpy(w, p, sizeof w);
		if ((w[0] | w[1] | w[2] | w[3]) & high)
			break;
	}
	while (p < end && !(*p & 0x80))
		p++;
	return p;
}

static gboolean
is_utf8(const char *p, const char *end)
{
	while ((p = ascii_end(p, end)) < end) {
		if (g_utf8_get_char_validated(p, end - p) >= (gunichar)-2)
			return FALSE;
		p = g_utf8_next_char(p);
	}
	return TRUE;
}

jp_json *
jp_json_read(const char *body, gsize len, GError **error)
{
	g_autofree char *valid = NULL;
	const char *nul, *wrong, *where;
	gsize blanks = 0;
	jp_json *json;

	if (len >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0) {
		body += 3;
		len -= 3;
	}
	nul = len > 0 ? memchr(body, '\0', len) : NULL;
	if (nul != NULL)
		return fail_at(body, nul, "a NUL byte where JSON was expected", error);
	if (!is_utf8(body, body + len)) {
		body = valid = g_utf8_make_valid(body, (gssize)len);
		len = strlen(valid);
	}
	while (blanks < len && strchr(" \t\r\n", body[blanks]))
		blanks++;
	if (blanks == len)
		return fail_at(body, body + blanks, "nothing where JSON was expected", error);
	if (body[blanks] == '<')
		return fail_at(body, body + blanks, "HTML where JSON was expected", error);
	json = jp_json_read_text(body, len, &wrong, &where);
	return json ? json : fail_at(body, where, wrong, error);
}

cJSON *
jp_json_parse(const char *body, gsize len, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	cJSON *tree = json ? cJSON_Duplicate(jp_json_root(json), TRUE) : NULL;

	if (json && !tree)
		g_error("JSON: out of memory"); /* as GLib does */
	return tree;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Goes past a member's name and its dot in *path; FALSE when the path names another. */
static gboolean
goes_through(const char *name, const char **path)
{
	const char *p = *path;

	while (*p != '\0' && *p != '.' && *p == *name) {
		p++;
		name++;
	}
	if (*name != '\0' || (*p != '\0' && *p != '.'))
		return FALSE;
	*path = *p == '.' ? p + 1 : p;
	return TRUE;
}

const cJSON *
jp_json_get(const cJSON *o, const char *path)
{
	while (o != NULL && path != NULL && *path != '\0') {
		o = cJSON_IsObject(o) ? o->child : NULL;
		while (o != NULL && !goes_through(o->string, &path))
			o = o->next;
	}
	return o;
}

const char *
jp_json_text(const cJSON *o, const char *path)
{
	const cJSON *item = jp_json_get(o, path);

	return cJSON_IsString(item) ? item->valuestring : NULL;
}

gboolean
jp_json_int(const cJSON *o, const char *path, gint64 *out)
{
	const cJSON *item = jp_json_get(o, path);

	if (cJSON_IsString(item))
		return jp_int_parse(item->valuestring, -MAX_EXACT, MAX_EXACT, out);
	if (!cJSON_IsNumber(item) || !(fabs(item->valuedouble) <= (double)MAX_EXACT) ||
	    trunc(item->valuedouble) != item->valuedouble)
		return FALSE;
	*out = (gint64)item->valuedouble;
	return TRUE;
}

gboolean
jp_json_bool(const cJSON *o, const char *path, gboolean *out)
{
	const cJSON *item = jp_json_get(o, path);

	if (!cJSON_IsBool(item))
		return FALSE;
	*out = cJSON_IsTrue(item) != 0;
	return TRUE;
}

char *
jp_json_id(const cJSON *o, const char *path)
{
	const cJSON *item = jp_json_get(o, path);
	char digits[JP_INT_SIZE];
	gint64 n;

	if (cJSON_IsString(item))
		return *item->valuestring != '\0' ? g_strdup(item->valuestring) : NULL;
	return jp_json_int(item, NULL, &n) ? g_strndup(digits, jp_int_write(digits, n)) : NULL;
}

/* ---- writing -------------------------------------------------------------------------------- */

void
jp_json_add_int(cJSON *o, const char *key, gint64 n)
{
	char text[24];

	if (n > -MAX_DIGITS_15 && n < MAX_DIGITS_15) {
		cJSON_AddNumberToObject(o, key, (double)n);
		return;
	}
	(void)g_snprintf(text, sizeof(text), "%" G_GINT64_FORMAT, n);
	cJSON_AddRawToObject(o, key, text);
}

void
jp_json_add_time(cJSON *o, const char *key, gint64 ms, gboolean has)
{
	g_autofree char *text = has ? jp_time_format(ms) : NULL;

	jp_json_add_text(o, key, text);
}

void
jp_json_add_text(cJSON *o, const char *key, const char *text)
{
	g_autofree char *valid = text != NULL ? g_utf8_make_valid(text, -1) : NULL;

	if (valid != NULL)
		cJSON_AddStringToObject(o, key, valid);
	else
		cJSON_AddNullToObject(o, key);
}

char *
jp_json_line(const cJSON *o)
{
	char *line = cJSON_PrintUnformatted(o);

	if (line == NULL)
		g_error("JSON: out of memory"); /* as GLib does */
	return line;
}

/* Text that JSON has as it is, between quotes. */
static gboolean
is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
			return FALSE;
	return TRUE;
}

/* The array of texts that are all plain; NULL when one is not. */
static char *
from_plain(const char *const *strv)
{
	g_autoptr(GString) out = g_string_new("[");

	for (; strv != NULL && *strv != NULL; strv++) {
		if (!is_plain(*strv))
			return NULL;
		g_string_append(out, out->len > 1 ? ",\"" : "\"");
		g_string_append(out, *strv);
		g_string_append_c(out, '"');
	}
	g_string_append_c(out, ']');
	return g_string_free(g_steal_pointer(&out), FALSE);
}

char *
jp_json_from_strv(const char *const *strv)
{
	g_autoptr(cJSON) array = NULL;
	char *plain = from_plain(strv);

	if (plain)
		return plain;
	array = cJSON_CreateArray();
	for (; strv != NULL && *strv != NULL; strv++) {
		g_autofree char *valid = g_utf8_make_valid(*strv, -1);

		cJSON_AddItemToArray(array, cJSON_CreateString(valid));
	}
	return jp_json_line(array);
}

char **
jp_json_to_strv(const char *json)
{
	g_autoptr(jp_json) read = jp_json_read(json, strlen(json), NULL);
	const cJSON *array = jp_json_root(read);
	g_autoptr(GPtrArray) out = g_ptr_array_new_with_free_func(g_free);
	const cJSON *item;

	if (!cJSON_IsArray(array))
		return NULL;
	cJSON_ArrayForEach (item, array) {
		if (!cJSON_IsString(item))
			return NULL;
		g_ptr_array_add(out, g_strdup(item->valuestring));
	}
	g_ptr_array_add(out, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&out), FALSE);
}
