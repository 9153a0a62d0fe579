/*
 * Tests of lib/mail/templates.c: whose templates a digest is made with, and that a broken one is
 * told before any mail.
 */
#include "mail-sample.h"

#include <unistd.h>

typedef struct texts {
	char *subject, *text, *html;
} texts;

static void
compose(sample *s, texts *t)
{
	g_autoptr(GError) error = NULL;

	jp_digest_compose(
	    s->templates, s->conf, &s->digest, &t->subject, &t->text, &t->html, &error);
	g_assert_no_error(error);
}

static void
texts_clear(texts *t)
{
	g_free(t->subject);
	g_free(t->text);
	g_free(t->html);
	memset(t, 0, sizeof(*t));
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(texts, texts_clear)

static void
assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		g_error("\"%s\" is not in:\n%s", part, text);
}

typedef struct folder {
	char *path;
	jp_config *conf;
} folder;

static void
folder_set_up(folder *f, gconstpointer data)
{
	(void)data;
	f->path = g_dir_make_tmp("jp-templates-XXXXXX", NULL);
	g_assert_true(jp_config_parse(&f->conf, "", 0, "c", "/", NULL));
	g_free(f->conf->mail.templates);
	f->conf->mail.templates = g_strdup(f->path);
}

static void
folder_tear_down(folder *f, gconstpointer data)
{
	g_autoptr(GDir) dir = g_dir_open(f->path, 0, NULL);
	const char *name;

	(void)data;
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(f->path, name, NULL);

		g_assert_cmpint(unlink(path), ==, 0);
	}
	(void)rmdir(f->path);
	jp_config_free(f->conf);
	g_free(f->path);
}

static void
put(const folder *f, const char *name, const char *text, gssize len)
{
	g_autofree char *path = g_build_filename(f->path, name, NULL);

	g_assert_true(g_file_set_contents(path, text, len, NULL));
}

static void
test_own_templates(folder *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_auto(texts) t = {0};
	sample s;

	(void)data;
	put(f, "digest.subject.mustache", "{{n}} x {{first.title}}\n", -1);
	put(f, "footer.txt.mustache", "{{>own}}", -1);
	put(f, "own.mustache", "bye {{to.name}}", -1);
	put(f, "notes.txt", "{{#not a template", -1);
	put(f, ".hidden.mustache", "{{#not a template", -1);
	sample_init(&s, sample_site);
	sample_fill(&s);
	jp_templates_free(s.templates);
	s.templates = jp_templates_load(f->conf, &error);
	g_assert_no_error(error);
	compose(&s, &t);
	g_assert_cmpstr(t.subject, ==, "3 x Senior Rust Engineer");
	g_assert_true(g_str_has_suffix(t.text, "\n\nbye Anna Öberg"));
	assert_has(t.html, "Unsubscribe"); /* the built-in one */
	sample_clear(&s);
}

static void
check_load_fails(const folder *f, const char *says)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(jp_templates_load(f->conf, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
	assert_has(error->message, says);
}

static void
test_broken_template(folder *f, gconstpointer data)
{
	(void)data;
	put(f, "digest.html.mustache", "a\nb {{#items}}\n", -1);
	check_load_fails(f, "digest.html.mustache:3: section \"items\" is not closed");
}

static void
test_binary_template(folder *f, gconstpointer data)
{
	(void)data;
	put(f, "footer.txt.mustache", "a\0b", 3);
	check_load_fails(f, "not UTF-8 text");
	put(f, "footer.txt.mustache", "a\xff", 2);
	check_load_fails(f, "not UTF-8 text");
}

static void
test_no_folder(folder *f, gconstpointer data)
{
	(void)data;
	g_free(f->conf->mail.templates);
	f->conf->mail.templates = g_build_filename(f->path, "none", NULL);
	check_load_fails(f, "mail.templates: ");
}

static void
test_template_too_long(folder *f, gconstpointer data)
{
	g_autofree char *text = g_strnfill(JP_MAX_DIGEST_HTML + 1, 'x');
	g_autofree char *subject = NULL, *plain = NULL, *html = NULL;
	g_autoptr(GError) error = NULL;
	sample s;

	(void)data;
	put(f, "digest.html.mustache", text, -1);
	sample_init(&s, sample_site);
	sample_fill(&s);
	jp_templates_free(s.templates);
	s.templates = jp_templates_load(f->conf, NULL);
	g_assert_false(
	    jp_digest_compose(s.templates, s.conf, &s.digest, &subject, &plain, &html, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
	sample_clear(&s);
}

#define ADD(name, func) g_test_add(name, folder, NULL, folder_set_up, func, folder_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/mail/templates/own", test_own_templates);
	ADD("/mail/templates/broken", test_broken_template);
	ADD("/mail/templates/binary", test_binary_template);
	ADD("/mail/templates/no-folder", test_no_folder);
	ADD("/mail/templates/too-long", test_template_too_long);
	return g_test_run();
}
