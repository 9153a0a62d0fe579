/*
 * Writes a tree as YAML that jp_yaml_parse reads back equal, in block style, two blanks a level.
 * Text that another reader of YAML would take for a number, a date, a truth or nothing is quoted.
 */
#include "config/config.h"

#include <string.h>

/* An implicit key may have 1024 characters (YAML 1.1, 9.2); longer ones are written "? key". */
#define MAX_IMPLICIT_KEY 1000

static void write_value(GString *out, const cJSON *node, int indent);

/* ---- text ----------------------------------------------------------------------------------- */

/* TRUE for characters that YAML's reader takes as they are and that a person can see. */
static gboolean
is_printable(gunichar c)
{
	if (c < 0x7f)
		return c >= 0x20;
	return c >= 0xa0 && c != 0x2028 && c != 0x2029 && c != 0xfeff && (c & 0xfffe) != 0xfffe &&
	    g_unichar_isprint(c);
}

/* "17", "1e3", "2026-10-01", "12:30": read as something else than text by others. */
static gboolean
looks_like_number(const char *text)
{
	return strspn(text, "0123456789+-.:_eExXoOabcdfABCDFTtZz") == strlen(text);
}

static gboolean
is_plain(const char *text)
{
	static const char *const words[] = {
	    "true", "false", "yes", "no", "on", "off", "y", "n", "null", NULL};
	g_autofree char *lower = g_ascii_strdown(text, -1);
	gsize len = strlen(text);
	gunichar first = g_utf8_get_char(text);

	if (len == 0 || text[len - 1] == ' ' || text[len - 1] == ':' ||
	    g_strv_contains((const char *const *)words, lower))
		return FALSE;
	if (first != '/' && !g_unichar_isalnum(first))
		return FALSE;
	if (strstr(text, ": ") != NULL || strstr(text, " #") != NULL)
		return FALSE;
	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
		if (!is_printable(g_utf8_get_char(p)))
			return FALSE;
	return !g_ascii_isdigit(*text) || !looks_like_number(text);
}

static void
append_escaped(GString *out, gunichar c)
{
	if (c == '"' || c == '\\')
		g_string_append_printf(out, "\\%c", (char)c);
	else if (c == '\n')
		g_string_append(out, "\\n");
	else if (c == '\t')
		g_string_append(out, "\\t");
	else if (is_printable(c))
		g_string_append_unichar(out, c);
	else if (c < 0x100)
		g_string_append_printf(out, "\\x%02x", c);
	else if (c < 0x10000)
		g_string_append_printf(out, "\\u%04x", c);
	else
		g_string_append_printf(out, "\\U%08x", c);
}

/* Text as a scalar.  Free with g_free. */
static char *
quote(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *out;

	if (is_plain(valid))
		return g_steal_pointer(&valid);
	out = g_string_new("\"");
	for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p))
		append_escaped(out, g_utf8_get_char(p));
	g_string_append_c(out, '"');
	return g_string_free(out, FALSE);
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static void
append_indent(GString *out, int indent)
{
	g_string_append_printf(out, "%*s", indent, "");
}

/* The one-line form of scalars and of what is empty, or NULL. */
static char *
inline_form(const cJSON *node)
{
	if (cJSON_IsString(node))
		return quote(node->valuestring);
	if (cJSON_IsObject(node))
		return node->child == NULL ? g_strdup("{}") : NULL;
	if (cJSON_IsArray(node))
		return node->child == NULL ? g_strdup("[]") : NULL;
	return jp_json_line(node); /* numbers, true, false, null */
}

static void
write_member(GString *out, const cJSON *node, int indent)
{
	g_autofree char *key = quote(node->string);
	g_autofree char *flat = inline_form(node);

	if (strlen(key) > MAX_IMPLICIT_KEY) {
		g_string_append_printf(out, "? %s\n", key);
		append_indent(out, indent);
		g_string_append_c(out, ':');
	} else {
		g_string_append_printf(out, "%s:", key);
	}
	if (flat != NULL) {
		g_string_append_printf(out, " %s\n", flat);
		return;
	}
	g_string_append_c(out, '\n');
	append_indent(out, indent + 2);
	write_value(out, node, indent + 2);
}

/* Writes a node whose first line is already indented. */
static void
write_value(GString *out, const cJSON *node, int indent)
{
	g_autofree char *flat = inline_form(node);
	const cJSON *item;

	if (flat != NULL) {
		g_string_append_printf(out, "%s\n", flat);
		return;
	}
	cJSON_ArrayForEach (item, node) {
		if (item != node->child)
			append_indent(out, indent);
		if (cJSON_IsObject(node)) {
			write_member(out, item, indent);
			continue;
		}
		g_string_append(out, "- ");
		write_value(out, item, indent + 2);
	}
}

char *
jp_yaml_write(const cJSON *root)
{
	GString *out = g_string_new(NULL);

	if (root != NULL)
		write_value(out, root, 0);
	return g_string_free(out, FALSE);
}
