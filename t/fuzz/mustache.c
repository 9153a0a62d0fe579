/*
 * Fuzzes lib/mail/mustache.c.  The input is a template, then after a NUL a partial "p".  Oracles:
 * the same template gives the same text twice; as a partial of an otherwise empty template it gives
 * what it gives by itself; without tags it gives itself; no more than JP_MAX_MESSAGE bytes beyond
 * the last value come out.
 */
#include "mail/mail.h"

#include <stdint.h>
#include <string.h>

#define CONTEXT                                                                                    \
	"{\"a\":\"<b>&\\n\",\"n\":0,\"t\":true,\"o\":{\"a\":1.5,\"o\":{\"x\":\"y\"}},"             \
	"\"l\":[1,\"two\",{\"a\":\"in\",\"l\":[{\"a\":\"deep\",\"l\":[]}]},[3,4]]}"
#define OUTER "\x01" /* a name that no text file uses */

typedef struct parts {
	char *template, *partial;
} parts;

static const char *
partial_of(const char *name, gpointer data)
{
	const parts *p = data;

	if (strcmp(name, OUTER) == 0)
		return p->template;
	return strcmp(name, "p") == 0 ? p->partial : NULL;
}

static char *
render(const char *template, const cJSON *context, jp_template_escape escape, parts *p)
{
	g_autoptr(jp_template) t = jp_template_parse(template, "t", NULL);

	return t ? jp_template_render(t, context, escape, partial_of, p, NULL) : NULL;
}

static void
check(const cJSON *context, jp_template_escape escape, parts *p)
{
	g_autofree char *once = render(p->template, context, escape, p);
	g_autofree char *twice = render(p->template, context, escape, p);
	g_autofree char *inside = render("{{>" OUTER "}}", context, escape, p);

	g_assert_cmpstr(once, ==, twice);
	if (!once)
		return;
	g_assert_cmpuint(strlen(once), <=, JP_MAX_MESSAGE);
	if (!strstr(p->template, "{{"))
		g_assert_cmpstr(once, ==, p->template);
	if (inside) /* else it nests to the very limit by itself */
		g_assert_cmpstr(once, ==, inside);
	else
		g_assert_nonnull(strstr(p->template, "{{"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	gsize len = strlen(text);
	g_autofree char *partial =
	    len < size ? g_strndup((const char *)data + len + 1, size - len - 1) : g_strdup("");
	g_autoptr(cJSON) context = cJSON_Parse(CONTEXT);
	parts p = {text, partial};

	check(context, JP_TEMPLATE_HTML, &p);
	check(context, JP_TEMPLATE_TEXT, &p);
	return 0;
}
