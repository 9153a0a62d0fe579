/*
 * Tests of lib/mail/mustache.c: the official specification's tests where they are at hand
 * ($JP_DATA or ../shared/data, folder mustache-spec), cases of our own, errors and bounds.
 */
#include "mail/mail.h"

#include <string.h>

/* ---- the specification -------------------------------------------------------------------- */

static const char *
partial_of(const char *name, gpointer data)
{
	const cJSON *v = data ? cJSON_GetObjectItemCaseSensitive(data, name) : NULL;

	return cJSON_IsString(v) ? v->valuestring : NULL;
}

static char *
member(const cJSON *o, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, key));
}

static void
run_case(const char *file, const cJSON *c)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_template) t =
	    jp_template_parse(member(c, "template"), member(c, "name"), &error);
	g_autofree char *out = NULL;

	if (!t)
		g_error("%s: %s", file, error->message);
	out = jp_template_render(t, cJSON_GetObjectItemCaseSensitive(c, "data"), JP_TEMPLATE_HTML,
	    partial_of, cJSON_GetObjectItemCaseSensitive(c, "partials"), &error);
	if (!out)
		g_error("%s: %s", file, error->message);
	if (strcmp(out, member(c, "expected")) != 0)
		g_error("%s: %s\nexpected: %s\ngot: %s", file, member(c, "name"),
		    member(c, "expected"), out);
}

static void
test_spec(gconstpointer data)
{
	const char *root = g_getenv("JP_DATA");
	g_autofree char *path = g_strdup_printf(
	    "%s/mustache-spec/%s.json", root ? root : "../shared/data", (const char *)data);
	g_autofree char *text = NULL;
	g_autoptr(cJSON) spec = NULL;
	const cJSON *c;
	gsize len = 0;
	guint n = 0;

	if (!g_file_get_contents(path, &text, &len, NULL)) {
		g_test_skip("skipped: no recorded data");
		return;
	}
	spec = jp_json_parse(text, len, NULL);
	g_assert_nonnull(spec);
	cJSON_ArrayForEach (c, cJSON_GetObjectItemCaseSensitive(spec, "tests")) {
		run_case(path, c);
		n++;
	}
	g_assert_cmpuint(n, >, 10);
}

/* ---- our own ------------------------------------------------------------------------------ */

typedef struct sample {
	const char *name, *template, *data, *partials, *expected;
} sample;

static const sample html_samples[] = {
    {"escapes", "{{a}}|{{&a}}|{{{a}}}", "{\"a\":\"<b>&\\\"'\"}", NULL,
	"&lt;b&gt;&amp;&quot;&#39;|<b>&\"'|<b>&\"'"},
    {"missing", "[{{a}}{{a.b}}{{{c}}}]", "{}", NULL, "[]"},
    {"null", "[{{a}}]", "{\"a\":null}", NULL, "[]"},
    {"integer", "{{a}}", "{\"a\":1234567890123}", NULL, "1234567890123"},
    {"negative", "{{a}}", "{\"a\":-7}", NULL, "-7"},
    {"fraction", "{{a}}", "{\"a\":1.5}", NULL, "1.5"},
    {"boolean", "{{a}}", "{\"a\":true}", NULL, "true"},
    {"object-is-no-text", "[{{a}}{{b}}]", "{\"a\":{\"x\":1},\"b\":[1]}", NULL, "[]"},
    {"zero-is-false", "{{#n}}and {{n}} more{{/n}}{{^n}}all{{/n}}", "{\"n\":0}", NULL, "all"},
    {"empty-text-is-false", "{{#n}}yes{{/n}}{{^n}}no{{/n}}", "{\"n\":\"\"}", NULL, "no"},
    {"number-as-context", "{{#n}}and {{.}} more{{/n}}", "{\"n\":12}", NULL, "and 12 more"},
    {"list", "{{#l}}({{.}}){{/l}}", "{\"l\":[1,\"a\",true]}", NULL, "(1)(a)(true)"},
    {"list-of-lists", "{{#l}}[{{#.}}{{.}},{{/.}}]{{/l}}", "{\"l\":[[1,2],[3]]}", NULL,
	"[1,2,][3,]"},
    {"outer-names", "{{#a}}{{#b}}{{x}}{{y}}{{/b}}{{/a}}", "{\"x\":1,\"a\":{\"y\":2,\"b\":{}}}",
	NULL, "12"},
    {"dotted-does-not-fall-back", "{{#a}}[{{b.c}}]{{/a}}",
	"{\"a\":{\"b\":{}},\"b\":{\"c\":\"wrong\"}}", NULL, "[]"},
    {"false-shadows", "{{#a}}[{{b}}]{{/a}}", "{\"a\":{\"b\":\"\"},\"b\":\"wrong\"}", NULL, "[]"},
    {"names-keep-case", "[{{A}}]", "{\"a\":1}", NULL, "[]"},
    {"standalone-crlf", "a\r\n{{#x}}\r\nb\r\n{{/x}}\r\nc\r\n", "{\"x\":true}", NULL,
	"a\r\nb\r\nc\r\n"},
    {"two-tags-are-not-alone", " {{#x}} {{/x}}\n", "{\"x\":true}", NULL, "  \n"},
    {"standalone-at-both-ends", "  {{! all }}  ", "{}", NULL, ""},
    {"delimiters", "{{=<% %>=}}<% a %>{{a}}<%={{ }}=%>{{a}}", "{\"a\":1}", NULL, "1{{a}}1"},
    {"delimiters-stay-outside-partials", "{{=| |=}}|>p|", "{\"a\":1}", "{\"p\":\"{{a}}|a|\"}",
	"1|a|"},
    {"partial-missing", "[{{>p}}]", "{}", "{}", "[]"},
    {"partial-indented", "  {{>p}}\n>", "{\"a\":\"x\\ny\"}", "{\"p\":\"1\\n{{{a}}}\\n\"}",
	"  1\n  x\ny\n>"},
    {"partial-indented-twice", " {{>p}}\n", "{}", "{\"p\":\"1\\n {{>q}}\\n\",\"q\":\"2\\n3\\n\"}",
	" 1\n  2\n  3\n"},
    {"partial-recursive", "{{>t}}", "{\"v\":1,\"l\":[{\"v\":2,\"l\":[]},{\"v\":3,\"l\":[]}]}",
	"{\"t\":\"({{v}}{{#l}}{{>t}}{{/l}})\"}", "(1(2)(3))"},
    {"blanks-in-tags", "{{ a }}{{# b }}{{{ . }}}{{/ b }}", "{\"a\":1,\"b\":2}", NULL, "12"},
    {"comment-over-lines", "a{{! b\n{{c\n}}d", "{}", NULL, "ad"},
    {"no-tags", "a { b } }} c", "{}", NULL, "a { b } }} c"},
    {"empty", "", "{}", NULL, ""},
    {"utf-8", "{{ä}}→", "{\"ä\":\"ö\"}", NULL, "ö→"},
};

static char *
render(const char *template, const char *data, const char *partials, jp_template_escape escape,
    GError **error)
{
	g_autoptr(jp_template) t = jp_template_parse(template, "t", error);
	g_autoptr(cJSON) context = cJSON_Parse(data),
			 parts = partials ? cJSON_Parse(partials) : NULL;

	g_assert_nonnull(context);
	return t ? jp_template_render(t, context, escape, partial_of, parts, error) : NULL;
}

static void
test_html(gconstpointer data)
{
	const sample *s = data;
	g_autoptr(GError) error = NULL;
	g_autofree char *out = render(s->template, s->data, s->partials, JP_TEMPLATE_HTML, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(out, ==, s->expected);
}

/* One line of text stays one line; {{{ }}} is for what may have several. */
static void
test_text(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *out = render("{{a}}|{{{a}}}|{{b}}",
	    "{\"a\":\"<x>\\r\\ny\\u0007\\u009bz\\u2028w\","
	    "\"b\":\"\\u00a9\\u2014\\ud83d\\ude00\"}",
	    NULL, JP_TEMPLATE_TEXT, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(out, ==, "<x>  y  z w|<x>\r\ny\a\xc2\x9bz\xe2\x80\xa8w|©—😀");
}

static void
test_errors(void)
{
	static const struct {
		const char *template, *says;
	} bad[] = {
	    {"a\n{{#x}}", "t:2: section \"x\" is not closed"},
	    {"{{#x}}\n{{#y}}\n{{/x}}", "t:3: section \"y\" is open here"},
	    {"\n\n{{/x}}", "t:3: no section is open"},
	    {"{{x", "t:1: the tag is not closed by }}"},
	    {"{{{x}}", "t:1: the tag is not closed by }}}"},
	    {"{{}}", "t:1: a name is wanted"},
	    {"{{#}}{{/}}", "t:1: a name is wanted"},
	    {"{{a b}}", "t:1: a name is wanted"},
	    {"{{a..b}}", "t:1: a name is wanted"},
	    {"{{.a}}", "t:1: a name is wanted"},
	    {"{{=<%=}}", "t:1: two delimiters are wanted"},
	    {"{{=a b c=}}", "t:1: two delimiters are wanted"},
	    {"{{= = = =}}", "t:1: two delimiters are wanted"},
	    {"{{<parent}}{{/parent}}", "t:1: tags with '<'"},
	    {"{{$block}}{{/block}}", "t:1: tags with '$'"},
	    {"{{>*name}}", "t:1: tags with '*'"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(jp_template_parse(bad[i].template, "t", &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
		if (!strstr(error->message, bad[i].says))
			g_error("case %d: %s", (int)i, error->message);
	}
}

static void
test_partial_error(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(render("a {{>p}}", "{}", "{\"p\":\"\\n{{#x}}\"}", JP_TEMPLATE_TEXT, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
	g_assert_cmpstr(error->message, ==, "p:2: section \"x\" is not closed");
}

static char *
repeat(const char *s, guint n)
{
	GString *out = g_string_new(NULL);

	while (n--)
		g_string_append(out, s);
	return g_string_free(out, FALSE);
}

static void
test_section_depth(void)
{
	g_autofree char *open = repeat("{{#a}}", JP_MAX_TEMPLATE_DEPTH);
	g_autofree char *close = repeat("{{/a}}", JP_MAX_TEMPLATE_DEPTH);
	g_autofree char *good = g_strconcat(open, "x", close, NULL);
	g_autofree char *bad = g_strconcat("{{#a}}", good, "{{/a}}", NULL);
	g_autofree char *out = render(good, "{\"a\":true}", NULL, JP_TEMPLATE_TEXT, NULL);

	g_assert_cmpstr(out, ==, "x");
	g_assert_null(jp_template_parse(bad, "t", NULL));
}

static void
check_render_fails(const char *template, const char *data, const char *partials, const char *says)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(render(template, data, partials, JP_TEMPLATE_TEXT, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
	if (!strstr(error->message, says))
		g_error("%s", error->message);
}

static void
test_partial_depth(void)
{
	check_render_fails("{{>p}}", "{}", "{\"p\":\"x{{>p}}\"}", "partials nest deeper than 32");
}

/* Two of itself at every level and nothing written: only counting steps ends it. */
static void
test_steps(void)
{
	check_render_fails("{{>p}}", "{\"n\":{}}",
	    "{\"p\":\"{{#a}}{{/a}}{{>q}}{{>q}}\",\"q\":\"{{>r}}{{>r}}\",\"r\":\"{{>s}}{{>s}}\","
	    "\"s\":\"{{>u}}{{>u}}{{>u}}{{>u}}{{>u}}{{>u}}{{>u}}{{>u}}\","
	    "\"u\":\"{{>v}}{{>v}}{{>v}}{{>v}}{{>v}}{{>v}}{{>v}}{{>v}}\","
	    "\"v\":\"{{>w}}{{>w}}{{>w}}{{>w}}{{>w}}{{>w}}{{>w}}{{>w}}\","
	    "\"w\":\"{{>x}}{{>x}}{{>x}}{{>x}}{{>x}}{{>x}}{{>x}}{{>x}}\","
	    "\"x\":\"{{>y}}{{>y}}{{>y}}{{>y}}{{>y}}{{>y}}{{>y}}{{>y}}\","
	    "\"y\":\"{{>z}}{{>z}}{{>z}}{{>z}}{{>z}}{{>z}}{{>z}}{{>z}}\","
	    "\"z\":\"{{a}}{{a}}{{a}}{{a}}{{a}}{{a}}{{a}}{{a}}{{a}}{{a}}{{a}}{{a}}\"}",
	    "tags run are more than 1000000");
}

static void
test_output_size(void)
{
	g_autofree char *text = repeat("0123456789", 2000);
	g_autofree char *template = g_strconcat("{{#l}}", text, "{{/l}}", NULL);
	g_autofree char *items = repeat("1,", 60);
	g_autofree char *data = g_strdup_printf("{\"l\":[%s1]}", items);

	check_render_fails(template, data, NULL, "what is rendered is over");
}

static void
test_template_size(void)
{
	g_autofree char *text = repeat("x", JP_MAX_TEMPLATE + 1);
	g_autoptr(jp_template) t = NULL;

	g_assert_null(jp_template_parse(text, "t", NULL));
	text[JP_MAX_TEMPLATE] = '\0';
	t = jp_template_parse(text, "t", NULL);
	g_assert_nonnull(t);
}

static void
test_used_twice(void)
{
	g_autoptr(jp_template) t = jp_template_parse("{{a}}", "t", NULL);

	for (int i = 0; i < 2; i++) {
		g_autoptr(cJSON) context = cJSON_Parse(i ? "{\"a\":2}" : "{\"a\":1}");
		g_autofree char *out =
		    jp_template_render(t, context, JP_TEMPLATE_TEXT, NULL, NULL, NULL);

		g_assert_cmpstr(out, ==, i ? "2" : "1");
	}
}

int
main(int argc, char **argv)
{
	static const char *const files[] = {
	    "comments", "delimiters", "interpolation", "inverted", "partials", "sections"};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *name = g_strconcat("/mail/mustache/spec/", files[i], NULL);

		g_test_add_data_func(name, files[i], test_spec);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(html_samples); i++) {
		g_autofree char *name = g_strconcat("/mail/mustache/", html_samples[i].name, NULL);

		g_test_add_data_func(name, &html_samples[i], test_html);
	}
	g_test_add_func("/mail/mustache/text-escape", test_text);
	g_test_add_func("/mail/mustache/errors", test_errors);
	g_test_add_func("/mail/mustache/partial-error", test_partial_error);
	g_test_add_func("/mail/mustache/section-depth", test_section_depth);
	g_test_add_func("/mail/mustache/partial-depth", test_partial_depth);
	g_test_add_func("/mail/mustache/steps", test_steps);
	g_test_add_func("/mail/mustache/output-size", test_output_size);
	g_test_add_func("/mail/mustache/template-size", test_template_size);
	g_test_add_func("/mail/mustache/used-twice", test_used_twice);
	return g_test_run();
}
