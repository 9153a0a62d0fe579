/* Which boards a page speaks of. */
#include "board/internal.h"

#include <string.h>

#define PAGE "https://careers.umbra.example/jobs/"

/* The candidates as "kind:token xN" in their order, and the way on. */
static char *
said(const char *page, char **careers)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)jp_look_free);
	GString *s = g_string_new(NULL);

	jp_pagelinks_read(found, page, strlen(page), PAGE, careers);
	for (guint i = 0; i < found->len; i++) {
		const jp_board_look *look = g_ptr_array_index(found, i);

		g_string_append_printf(s, "%s%s x%u", i ? ", " : "", look->name, look->n_mentions);
	}
	return g_string_free(s, FALSE);
}

static void
test_addresses(void)
{
	static const char *const t[][2] = {
	    {"", ""},
	    {"no address at all", ""},
	    {"<a href=https://jobs.lever.co/umbra>", "lever:umbra x1"},
	    {"<a href='//jobs.lever.co/umbra/17?x'>", "lever:umbra x1"},
	    {"https://jobs.lever.co/umbra https://jobs.lever.co/umbra/1", "lever:umbra x2"},
	    {"\"https:\\/\\/jobs.ashbyhq.com\\/Nord%20Tal\\/embed\"", "ashby:Nord Tal x1"},
	    {"src=\"https://boards.greenhouse.io/embed/job_board/js?for=acme\"",
		"greenhouse:acme x1"},
	    {"src=\"https://boards.greenhouse.io/embed/job_board?b=x&amp;for=acme\"",
		"greenhouse:acme x1"},
	    {"url(https://apply.workable.com/rivermill/)", "workable:rivermill x1"},
	    {"https://jobs.smartrecruiters.com/Tidewater/744", "smartrecruiters:Tidewater x1"},
	    {"https://nordlys.recruitee.com/o/cook", "recruitee:nordlys x1"},
	    {"https://uhrwerk.jobs.personio.de", "personio:uhrwerk x1"},
	    {"https://beeline.bamboohr.com/js/embed.js", "bamboohr:beeline x1"},
	    {"https://ropeworks.wd5.myworkdayjobs.com/en-US/Careers/x",
		"workday:ropeworks.wd5/Careers x1"},
	    {"https://crates.pinpointhq.com/postings/1", "pinpoint:crates x1"},
	    /* files and pages of the services themselves */
	    {"https://jobs.lever.co/ https://www.workable.com/x https://apply.workable.com/j/A",
		""},
	    {"https://jobs.ashbyhq.com/_next/x.js https://app.teamtailor.com/", ""},
	    /* sites of their own are no employer's board */
	    {"https://remoteok.com/x https://jobs.example.org/feed.rss", ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(t); i++) {
		g_autofree char *careers = NULL, *got = said(t[i][0], &careers);

		g_assert_cmpstr(got, ==, t[i][1]);
	}
}

static void
test_order(void)
{
	g_autofree char *careers = NULL;
	g_autofree char *got = said("https://jobs.lever.co/once https://boards.greenhouse.io/twice "
				    "https://boards.greenhouse.io/twice/jobs/1",
	    &careers);

	g_assert_cmpstr(got, ==, "greenhouse:twice x2, lever:once x1");
}

static void
test_assets(void)
{
	static const char *const t[][2] = {
	    {"https://assets-aws.teamtailor-cdn.com/a.css", "teamtailor:careers.umbra.example x1"},
	    {"https://careers-analytics.recruitee.com/x.js", "recruitee:careers.umbra.example x1"},
	    {"https://app.pinpointhq.com/x.js", "pinpoint:careers.umbra.example x1"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(t); i++) {
		g_autofree char *careers = NULL, *got = said(t[i][0], &careers);

		g_assert_cmpstr(got, ==, t[i][1]);
	}
}

static void
test_feeds(void)
{
	static const char *const t[][2] = {
	    {"<link rel=\"alternate\" type=\"application/rss+xml\" href=\"jobs.rss\">",
		"feed:https://careers.umbra.example/jobs/jobs.rss x1"},
	    {"<LINK REL=Alternate TYPE='application/atom+xml' title='Vacancies' href=/a.xml>",
		"feed:https://careers.umbra.example/a.xml x1"},
	    /* a blog, a style sheet, no address */
	    {"<link rel=alternate type=application/rss+xml href=/blog.rss title=News>", ""},
	    {"<link rel=stylesheet href=jobs.css>", ""},
	    {"<link rel=alternate type=application/rss+xml title=Jobs>", ""},
	    {"<link rel=alternate type=application/rss+xml href=\"jobs", ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(t); i++) {
		g_autofree char *careers = NULL, *got = said(t[i][0], &careers);

		g_assert_cmpstr(got, ==, t[i][1]);
	}
}

static void
test_jobs(void)
{
	g_autofree char *careers = NULL;
	g_autofree char *got = said("<script type=\"application/ld+json\">{\"@context\":"
				    "\"https://schema.org\",\"@type\":\"JobPosting\",\"title\":"
				    "\"Cook\"}</script>",
	    &careers);

	g_assert_cmpstr(got, ==, "jobposting:" PAGE " x1");
}

static void
test_way_on(void)
{
	static const char *const t[][2] = {
	    {"<a href=/about>A</a> <a class=b href=\"/company/careers/\">W</a>",
		"https://careers.umbra.example/company/careers/"},
	    {"<a data-href=/careers href=x>", NULL},
	    {"<a href='#jobs'>J</a><a href='mailto:jobs@umbra.example'>M</a>"
	     "<a href=https://umbra.example/karriere>K</a>",
		"https://umbra.example/karriere"}, /* what is no web address leads nowhere */
	    {"<abbr href=/jobs>", NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(t); i++) {
		g_autofree char *careers = NULL, *got = said(t[i][0], &careers);

		g_assert_cmpstr(got, ==, "");
		g_assert_cmpstr(careers, ==, t[i][1]);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/pagelinks/addresses", test_addresses);
	g_test_add_func("/board/pagelinks/order", test_order);
	g_test_add_func("/board/pagelinks/assets", test_assets);
	g_test_add_func("/board/pagelinks/feeds", test_feeds);
	g_test_add_func("/board/pagelinks/jobs", test_jobs);
	g_test_add_func("/board/pagelinks/way-on", test_way_on);
	return g_test_run();
}
