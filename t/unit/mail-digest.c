/*
 * Tests of lib/mail/digest.c, context.c and snippet.c: which matches go in, what the texts say and
 * how long they may be.
 */
#include "mail-sample.h"

#include "mail/internal.h"

/* ---- choosing -------------------------------------------------------------------------------- */

typedef struct candidate {
	gint64 match, posting, group;
	int score;
	gint64 posted, seen;
} candidate;

static char *
pick(const candidate *c, gsize n, guint max, guint *n_more)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) picked = NULL;
	GString *ids = g_string_new(NULL);

	for (gsize i = 0; i < n; i++) {
		jp_digest_item *item = g_new0(jp_digest_item, 1);

		item->match_id = c[i].match;
		item->posting_id = c[i].posting;
		item->group_id = c[i].group;
		item->score = c[i].score;
		item->posted_at = c[i].posted;
		item->first_seen = c[i].seen;
		g_ptr_array_add(all, item);
	}
	picked = jp_digest_pick(all, max, n_more);
	for (guint i = 0; i < picked->len; i++)
		g_string_append_printf(ids, "%s%" G_GINT64_FORMAT, i ? " " : "",
		    ((jp_digest_item *)picked->pdata[i])->match_id);
	return g_string_free(ids, FALSE);
}

static void
test_pick(void)
{
	static const candidate all[] = {
	    {1, 11, 1, 50, 100, 0}, {2, 12, 2, 90, 100, 0},
	    {3, 13, 3, 50, 200, 0}, /* newer than 1 */
	    {4, 14, 2, 70, 300, 0}, /* a near-duplicate of 2 */
	    {5, 15, 0, 50, 0, 150}, /* no group, no date of its own */
	    {6, 16, 0, 50, 0, 150}, /* and another one of these */
	    {7, 12, 2, 80, 100, 0}, /* the posting of 2, by another search */
	    {8, 15, 0, 20, 0, 150}, /* the posting of 5, by another search */
	};
	static const struct {
		guint max;
		const char *ids;
		guint n_more;
	} cases[] = {{10, "2 3 5 6 1", 0}, {5, "2 3 5 6 1", 0}, {2, "2 3", 3}, {0, "", 5}};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		guint n_more = 99;
		g_autofree char *ids = pick(all, G_N_ELEMENTS(all), cases[i].max, &n_more);

		g_assert_cmpstr(ids, ==, cases[i].ids);
		g_assert_cmpuint(n_more, ==, cases[i].n_more);
	}
}

static void
test_pick_nothing(void)
{
	guint n_more = 99;
	g_autofree char *ids = pick(NULL, 0, 10, &n_more);

	g_assert_cmpstr(ids, ==, "");
	g_assert_cmpuint(n_more, ==, 0);
}

/* Whatever the order they come in, the same ones go in, in the same order. */
static void
test_pick_any_order(void)
{
	candidate c[40];
	g_autofree char *first = NULL;

	for (gint i = 0; i < 40; i++)
		c[i] = (candidate){i + 1, 1 + i % 30, i % 7, i % 3, i % 4, i % 5};
	for (int round = 0; round < 50; round++) {
		guint n_more;
		char *ids = pick(c, 40, 12, &n_more);

		if (!first)
			first = g_strdup(ids);
		g_assert_cmpstr(ids, ==, first);
		g_free(ids);
		for (gint i = 39; i > 0; i--) {
			gint k = g_test_rand_int_range(0, i + 1);
			candidate swap = c[i];

			c[i] = c[k];
			c[k] = swap;
		}
	}
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void
set_up(sample *s, gconstpointer data)
{
	sample_init(s, data ? data : sample_site);
}

static void
tear_down(sample *s, gconstpointer data)
{
	(void)data;
	sample_clear(s);
}

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

static void
assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		g_error("\"%s\" is in:\n%s", part, text);
}

static void
test_whole_text(sample *s, gconstpointer data)
{
	g_auto(texts) t = {0};

	(void)data;
	sample_fill(s);
	s->digest.n_more = 12;
	compose(s, &t);
	g_assert_cmpstr(
	    t.subject, ==, "3 new jobs: Senior Rust Engineer at Kiel & Sons and 2 more");
	g_assert_cmpstr(t.text, ==,
	    "3 new jobs for Anna Öberg\n"
	    "Tuesday, 3 March 2026\n"
	    "\n"
	    "== Rust in Rotterdam: 2 new jobs ==\n"
	    "\n"
	    "Senior Rust Engineer\n"
	    "  Kiel & Sons, Rotterdam, Netherlands\n"
	    "  Hybrid · full-time · 70,000–90,000 EUR/year · posted yesterday\n"
	    "  Match 92/100: title has \"rust\"; Rotterdam is near\n"
	    "  You keep the locks of forty canals turning: schedulers, sensors and\n"
	    "  the small programs between them. We pair, we ship on Tuesdays, we go\n"
	    "  home.\n"
	    "  https://boards.example/acme/jobs/1017\n"
	    "\n"
	    "Embedded Developer\n"
	    "  Windmill Works, Delft\n"
	    "  Contract · found 2 days ago\n"
	    "  https://boards.example/acme/jobs/1017\n"
	    "\n"
	    "== Go, remote: 1 new job ==\n"
	    "\n"
	    "Go Developer, Payments\n"
	    "  Ledgerloom, Lisbon; Porto\n"
	    "  Remote · posted 5 days ago\n"
	    "  https://boards.example/acme/jobs/1017\n"
	    "\n"
	    "Not in this mail, waiting for the next: 12 more jobs.\n"
	    "\n"
	    "--------\n"
	    "You asked River Jobs for new jobs matching \"Rust in Rotterdam\" and \"Go,\n"
	    "remote\" on 20 November 2025; that is why you get this mail.\n"
	    "\n"
	    "Change or pause this search:\n"
	    "https://jobs.example/m/" SAMPLE_MANAGE "\n"
	    "\n"
	    "Unsubscribe:\n"
	    "https://jobs.example/u/" SAMPLE_TOKEN "\n"
	    "\n"
	    "Questions, or a posting that should not be here? Write to:\n"
	    "desk@jobs.example\n"
	    "\n"
	    "River Jobs, 1 Quay Street, 1000 Riverton\n"
	    "https://jobs.example\n");
}

static void
test_subjects(sample *s, gconstpointer data)
{
	static const struct {
		const char *title, *company, *expected;
	} cases[] = {
	    {"Rust Engineer", "Acme", "1 new job: Rust Engineer at Acme"},
	    {"Rust Engineer", NULL, "1 new job: Rust Engineer"},
	    {"Rust\r\nBcc: x", "A\tB", "1 new job: Rust Bcc: x at A B"},
	    {"מהנדס 😀", "Zürich", "1 new job: מהנדס 😀 at Zürich"},
	    {"{{count}} {{#x}}", "<b>&amp;", "1 new job: {{count}} {{#x}} at <b>&amp;"},
	};
	jp_digest_item *item = sample_add(s, "s", "", "", 50);

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *subject = NULL;

		item->title = cases[i].title;
		item->company = cases[i].company;
		subject = jp_digest_subject(s->templates, s->conf, &s->digest, NULL);
		g_assert_cmpstr(subject, ==, cases[i].expected);
	}
}

/* The number of the others is still to be seen behind the longest title. */
static void
test_subject_long(sample *s, gconstpointer data)
{
	g_autofree char *title = g_strnfill(1000, 'x');
	g_autofree char *subject = NULL;

	(void)data;
	sample_add(s, "s", title, title, 50);
	sample_add(s, "s", "b", "c", 40);
	subject = jp_digest_subject(s->templates, s->conf, &s->digest, NULL);
	g_assert_true(g_str_has_suffix(subject, " and 1 more"));
	g_assert_cmpuint(jp_text_width(subject), <, 140);
}

/* M08: lines of 72 columns at most, but for links, which stand whole on lines of their own. */
static void
test_wrapped(sample *s, gconstpointer data)
{
	g_autofree char *path = g_strnfill(200, 'p');
	g_autofree char *url = g_strconcat("https://boards.example/", path, NULL);
	g_autofree char *title = g_strnfill(300, 'w');
	g_auto(texts) t = {0};
	g_auto(GStrv) lines = NULL;
	jp_digest_item *item;
	guint n_links = 0;

	(void)data;
	for (gsize i = 9; i < 300; i += 10)
		title[i] = ' ';
	sample_fill(s);
	item = sample_add(s, title, title, title, 40);
	item->place = item->salary = item->description = title;
	item->url = url;
	compose(s, &t);
	lines = g_strsplit(t.text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		const char *line = lines[i] + strspn(lines[i], " ");

		if (strstr(line, "https://")) {
			g_assert_true(g_str_has_prefix(line, "https://"));
			g_assert_null(strchr(line, ' '));
			n_links += strcmp(line, url) == 0;
		} else {
			g_assert_cmpuint(jp_text_width(lines[i]), <=, 72);
		}
		g_assert_false(g_str_has_suffix(lines[i], " "));
	}
	g_assert_cmpuint(n_links, ==, 1);
}

/* M09: nothing that runs, nothing that is fetched, nothing that asks. */
static void
check_html(const char *html)
{
	static const char *const banned[] = {"<script", "<form", "<img", "<link", "<iframe",
	    "<object", "<embed", "<input", "<button", "javascript:", "@import", "url(",
	    " src=", "background=", " onclick", " onload"};
	g_autofree char *lower = g_ascii_strdown(html, -1);

	for (gsize i = 0; i < G_N_ELEMENTS(banned); i++)
		assert_lacks(lower, banned[i]);
	for (const char *p = strstr(html, "href="); p; p = strstr(p + 1, "href=")) {
		p += strlen("href=\"");
		g_assert_true(g_str_has_prefix(p, "https://") || g_str_has_prefix(p, "mailto:"));
	}
	g_assert_true(g_str_has_prefix(html, "<!DOCTYPE html>"));
}

static void
test_html_harmless(sample *s, gconstpointer data)
{
	static const char *const hostile[] = {"<script>alert(1)</script>",
	    "\"><img src=x onerror=y>", "' onclick='x", "<!--", "</td></table>", "{{{site.name}}}",
	    "&#60;script&#62;"};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
		jp_digest_item *item = sample_add(s, hostile[i], hostile[i], hostile[i], 40);

		item->place = item->salary = item->remote = item->type = item->description =
		    hostile[i];
	}
	g_free(s->to.name);
	s->to.name = g_strdup(hostile[0]);
	for (int i = 0; i < 2; i++) {
		g_auto(texts) t = {0};

		compose(s, &t);
		for (char *p = t.html; (p = strstr(p, "&quot;&gt;&lt;img src=x onerror=y&gt;"));)
			memset(
			    p, '.', strlen("&quot;&gt;&lt;img src=x")); /* as text it is harmless */
		for (char *p = t.html; (p = strstr(p, "&#39; onclick"));)
			memset(p, '.', strlen("&#39; onclick"));
		check_html(t.html);
		assert_has(t.html, "&lt;script&gt;");
		assert_has(t.html, "&amp;#60;script");
	}
}

static void
test_urls(sample *s, gconstpointer data)
{
	static const struct {
		const char *url, *shown; /* NULL: no link */
	} cases[] = {
	    {"https://a.example/x?y=1&z=2#f", "https://a.example/x?y=1&z=2#f"},
	    {"HTTP://a.example/", "HTTP://a.example/"},
	    {"https://a.example/a b<c>\"d", "https://a.example/a%20b%3Cc%3E%22d"},
	    {"https://a.example/zürich", "https://a.example/z%C3%BCrich"},
	    {"https://a.example/\r\nBcc: x", "https://a.example/%0D%0ABcc:%20x"},
	    {"javascript:alert(1)", NULL},
	    {"data:text/html,x", NULL},
	    {"//a.example/", NULL},
	    {"/jobs/1", NULL},
	    {"https://a.example/\xff", NULL},
	    {"", NULL},
	    {NULL, NULL},
	};
	jp_digest_item *item = sample_add(s, "s", "Title", "Company", 50);

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(texts) t = {0};
		g_autofree char *line = NULL;

		item->url = cases[i].url;
		compose(s, &t);
		line = g_strconcat("\n  ", cases[i].shown, "\n", NULL);
		if (cases[i].shown)
			assert_has(t.text, line);
		else
			assert_has(
			    t.html, "<span class=\"ink\" style=\"color:#15202b\">Title</span>");
	}
}

static void
test_dates(sample *s, gconstpointer data)
{
	static const struct {
		const char *now, *zone, *posted, *seen, *says, *date;
	} cases[] = {
	    {"2026-03-03T07:00:00Z", "UTC", "2026-03-03T01:00:00Z", NULL, "Posted today",
		"Tuesday, 3 March 2026"},
	    {"2026-03-03T07:00:00Z", "UTC", "2026-03-02T23:59:59Z", NULL, "Posted yesterday",
		"Tuesday, 3 March 2026"},
	    {"2026-03-03T07:00:00Z", "UTC", "2026-03-05T07:00:00Z", NULL, "Posted today",
		"Tuesday, 3 March 2026"},
	    {"2026-03-03T07:00:00Z", "UTC", NULL, "2026-02-25T07:00:00Z", "Found 6 days ago",
		"Tuesday, 3 March 2026"},
	    {"2026-03-03T07:00:00Z", "UTC", "2026-02-01T07:00:00Z", NULL, "Posted 30 days ago",
		"Tuesday, 3 March 2026"},
	    {"2026-03-03T07:00:00Z", "UTC", "2025-12-31T07:00:00Z", NULL,
		"Posted on 31 December 2025", "Tuesday, 3 March 2026"},
	    /* On the reader's calendar. */
	    {"2026-03-03T20:00:00Z", "Pacific/Auckland", "2026-03-03T10:00:00Z", NULL,
		"Posted yesterday", "Wednesday, 4 March 2026"},
	    {"2026-01-01T03:00:00Z", "America/New_York", "2026-01-01T02:00:00Z", NULL,
		"Posted today", "Wednesday, 31 December 2025"},
	};
	jp_digest_item *item = sample_add(s, "s", "Title", "Company", 50);

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(texts) t = {0};

		g_free(s->to.timezone);
		s->to.timezone = g_strdup(cases[i].zone);
		item->posted_at = item->first_seen = 0;
		jp_time_parse(cases[i].now, &s->digest.now, NULL);
		if (cases[i].posted)
			jp_time_parse(cases[i].posted, &item->posted_at, NULL);
		if (cases[i].seen)
			jp_time_parse(cases[i].seen, &item->first_seen, NULL);
		compose(s, &t);
		assert_has(t.text, cases[i].says);
		assert_has(t.text, cases[i].date);
		assert_has(t.html, cases[i].says);
	}
}

/* What the terms of a source want said stands beside its job, and its page is linked, in both. */
static void
test_credit(sample *s, gconstpointer data)
{
	jp_digest_item *item;
	g_auto(texts) t = {0};

	(void)data;
	sample_fill(s);
	item = g_ptr_array_index(s->digest.items, 1);
	item->credit = "via Remote OK";
	item->url = "https://remoteok.example/remote-jobs/17";
	compose(s, &t);
	assert_has(t.text, "Remote · posted 5 days ago · via Remote OK\n");
	assert_has(t.text, "  https://remoteok.example/remote-jobs/17\n");
	assert_has(t.html, "Remote · posted 5 days ago · via Remote OK<");
	assert_has(t.html, "<a class=\"link\" href=\"https://remoteok.example/remote-jobs/17\"");
	assert_lacks(t.html, "nofollow");
}

/* M13 and U08, in both texts. */
static void
test_footer(sample *s, gconstpointer data)
{
	g_auto(texts) t = {0};

	(void)data;
	sample_fill(s);
	compose(s, &t);
	for (int i = 0; i < 2; i++) {
		const char *text = i ? t.html : t.text;

		assert_has(text, "River Jobs");
		assert_has(text, "1 Quay Street, 1000 Riverton");
		assert_has(text, "on 20 November 2025");
		assert_has(text, "Change or pause this search");
		assert_has(text, "https://jobs.example/m/" SAMPLE_MANAGE);
		assert_has(text, "Unsubscribe");
		assert_has(text, "https://jobs.example/u/" SAMPLE_TOKEN);
	}
}

/* Without a site the way out is a person. */
static void
test_footer_contact(sample *s, gconstpointer data)
{
	g_auto(texts) t = {0};

	(void)data;
	sample_fill(s);
	compose(s, &t);
	assert_has(t.text,
	    "To unsubscribe, or to change or pause this search, write to:\n"
	    "desk+list@jobs.example\n");
	assert_has(t.html,
	    "To unsubscribe, or to change or pause this search: Write to <a "
	    "class=\"link\" href=\"mailto:desk+list@jobs.example\"");
	assert_lacks(t.text, "https://jobs.example/");
	assert_lacks(t.html, "/u/");
}

static void
test_footer_nothing(sample *s, gconstpointer data)
{
	g_auto(texts) t = {0};

	(void)data;
	sample_fill(s);
	s->digest.asked_at = 0;
	compose(s, &t);
	assert_has(t.text, "\"Go,\nremote\"; that is why you get this mail.");
	assert_lacks(t.text, "rite to");
	assert_lacks(t.html, "rite to");
	assert_lacks(t.html, "href=\"\"");
	g_assert_true(g_str_has_suffix(t.text, "\nJobPing\n"));
}

static void
test_many_searches(sample *s, gconstpointer data)
{
	g_auto(texts) t = {0};

	(void)data;
	for (int i = 0; i < 5; i++)
		sample_add(s, &"abcde"[i], "Title", "Company", 50 - i);
	compose(s, &t);
	assert_has(t.text, "matching \"abcde\", \"bcde\", \"cde\" and 2\nmore on");
	assert_has(t.text, "== abcde: 1 new job ==");
}

static void
test_one_search(sample *s, gconstpointer data)
{
	g_auto(texts) t = {0};

	(void)data;
	sample_add(s, "Rust", "Title", "Company", 50);
	compose(s, &t);
	assert_has(t.text, "\n== Rust ==\n");
	assert_has(t.text, "matching \"Rust\" on");
	assert_has(t.text, "1 new job for");
}

static void
test_snippets(void)
{
	static const struct {
		const char *description, *expected;
	} cases[] = {
	    {NULL, ""},
	    {"", ""},
	    {"Short.", "Short."},
	    {"We look for someone who mends the locks of our canals with us.",
		"We look for someone who mends the locks of our canals with us."},
	    /* A heading and a label are passed over. */
	    {"The job\nLocation: Delft\n\nYou mend the locks of forty canals with three others.",
		"You mend the locks of forty canals with three others."},
	    /* The work before the company, wherever it stands. */
	    {"About us\nWindmill Works was founded in 1790 and is proud of it.\nYour work\n"
	     "You mend the locks of forty canals with three others.",
		"You mend the locks of forty canals with three others."},
	    {"About Windmill Works\nWe have been turning since 1790 and are proud of it, always.\n"
	     "Your work\nYou mend the locks of forty canals with three others.",
		"You mend the locks of forty canals with three others."},
	    {"ÜBER UNS\nWir drehen uns seit 1790 und sind stolz darauf, jeden Tag.\nAufgaben\n"
	     "- Schleusen warten;\n- Pumpen prüfen.\n- Dienste planen\n- Kaffee",
		"Schleusen warten; Pumpen prüfen; Dienste planen"},
	    {"About us\n- Founded in 1790\nWe have been turning ever since and are proud of it.",
		"We have been turning ever since and are proud of it."},
	    {"The pay range for this position is $90,000 to $102,000 per year.\n- Mend locks",
		"Mend locks"},
	    {"No sentence here\nat all", "No sentence here at all"},
	    {"- One\n- Two", "One; Two"},
	    /* Cut between words, where there are words. */
	    {"You mend the locks of forty canals, and the pumps, and the gates, and the little "
	     "bridges.",
		"You mend the locks of forty canals, and the pumps, and the …"},
	    {"私たちは運河の水門を直す人を探しています。私たちは運河の水門を直す人を探しています。",
		NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *s = jp_snippet_make(cases[i].description, "Windmill Works", 62);

		g_assert_cmpuint(jp_text_width(s), <=, 63);
		if (cases[i].expected)
			g_assert_cmpstr(s, ==, cases[i].expected);
		else
			g_assert_true(g_str_has_suffix(s, "…"));
	}
}

/* Every name that templates see is in the manual. */
static void
check_documented(const char *manual, const cJSON *o)
{
	const cJSON *v;

	cJSON_ArrayForEach (v, o) {
		if (v->string && !cJSON_IsObject(v)) {
			g_autofree char *pattern =
			    g_strdup_printf("\\.I[ct] [^\n]*\\b%s\\b", v->string);

			if (!g_regex_match_simple(pattern, manual, 0, 0))
				g_error("jobping-templates(5) does not tell \"%s\"", v->string);
		}
		check_documented(manual, v);
	}
}

static void
test_documented(sample *s, gconstpointer data)
{
	g_autofree char *manual = NULL;
	g_autoptr(cJSON) context = NULL;

	(void)data;
	sample_fill(s);
	s->digest.n_more = 3;
	context = jp_context_new(s->conf, &s->digest, jp_templates_zone(s->templates, "UTC"));
	g_assert_true(g_file_get_contents("man/jobping-templates.5", &manual, NULL, NULL));
	check_documented(manual, context);
}

/* ---- the cap --------------------------------------------------------------------------------- */

/* M09: under 100 KB, the best ones kept, the others counted; both texts have the same postings. */
static void
test_cap(sample *s, gconstpointer data)
{
	g_autofree char *snippet = g_strnfill(200, '&'); /* five bytes each, once escaped */
	g_auto(texts) t = {0};
	GPtrArray *titles = g_ptr_array_new_with_free_func(g_free);

	(void)data;
	for (int i = 0; i < 200; i++) {
		char *title = g_strdup_printf("Posting %03d.", i);

		g_ptr_array_add(titles, title);
		sample_add(s, "Search", title, "Company", 100 - i / 2)->description = snippet;
	}
	s->digest.n_more = 7;
	compose(s, &t);
	g_assert_cmpuint(strlen(t.html), <=, JP_MAX_DIGEST_HTML);
	g_assert_cmpuint(strlen(t.html), >, JP_MAX_DIGEST_HTML * 8 / 10);
	g_assert_cmpuint(s->digest.items->len + s->digest.n_more, ==, 207);
	for (guint i = 0; i < 200; i++) {
		gboolean in = i < s->digest.items->len;

		g_assert_true((strstr(t.html, titles->pdata[i]) != NULL) == in);
		g_assert_true((strstr(t.text, titles->pdata[i]) != NULL) == in);
	}
	g_autofree char *more = g_strdup_printf("%u more jobs", s->digest.n_more);
	g_autofree char *count = g_strdup_printf("%u new jobs: ", s->digest.items->len);
	assert_has(t.html, more);
	assert_has(t.text, more);
	g_assert_true(g_str_has_prefix(t.subject, count));
	g_ptr_array_unref(titles);
}

#define ADD(name, data, func) g_test_add(name, sample, data, set_up, func, tear_down)
int
main(int argc, char **argv)
{
	static const char contact_only[] = "site:\n"
					   "  contact: desk+list@jobs.example\n"
					   "mail:\n"
					   "  from: digest@jobs.example\n";
	static const char nothing[] = "mail:\n"
				      "  from: digest@jobs.example\n";

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail/digest/pick", test_pick);
	g_test_add_func("/mail/digest/pick-nothing", test_pick_nothing);
	g_test_add_func("/mail/digest/pick-any-order", test_pick_any_order);
	ADD("/mail/digest/whole-text", NULL, test_whole_text);
	ADD("/mail/digest/subjects", NULL, test_subjects);
	ADD("/mail/digest/subject-long", NULL, test_subject_long);
	ADD("/mail/digest/M08-wrapped", NULL, test_wrapped);
	ADD("/mail/digest/M09-harmless", NULL, test_html_harmless);
	ADD("/mail/digest/M09-cap", NULL, test_cap);
	ADD("/mail/digest/urls", NULL, test_urls);
	ADD("/mail/digest/dates", NULL, test_dates);
	ADD("/mail/digest/credit", NULL, test_credit);
	ADD("/mail/digest/M13-U08-footer", NULL, test_footer);
	ADD("/mail/digest/U08-contact-only", contact_only, test_footer_contact);
	ADD("/mail/digest/no-site-no-contact", nothing, test_footer_nothing);
	ADD("/mail/digest/many-searches", NULL, test_many_searches);
	ADD("/mail/digest/one-search", NULL, test_one_search);
	g_test_add_func("/mail/digest/snippets", test_snippets);
	ADD("/mail/digest/documented", NULL, test_documented);
	return g_test_run();
}
