/*
 * Refusals that look like answers: each shape is named, and pages that merely look like it are not.
 */
#include <string.h>

#include "board/internal.h"

#define ASKED "https://boards.example/acme/jobs"

static char *
refusal(int status, const char *url, const char *body)
{
	const jp_http_response r = {.outcome = JP_HTTP_ANSWER,
	    .status = status,
	    .url = url,
	    .body = body,
	    .len = strlen(body)};

	return jp_outcome_refusal(ASKED, &r);
}

static void
test_challenges(void)
{
	static const struct {
		int status;
		const char *body, *name;
	} cases[] = {
	    {403,
		"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>"
		"</body></html>",
		"Cloudflare"},
	    {503, "<html><script>window._cf_chl_opt={cvId:'3'};</script></html>", "Cloudflare"},
	    {200, "<html><head><title>Attention Required! | Cloudflare</title></head></html>",
		"Cloudflare"},
	    {200, "<html><body>Request unsuccessful. Incapsula incident ID: 7-7</body></html>",
		"Imperva"},
	    {403, "<html><script src=\"https://geo.captcha-delivery.com/c.js\"></script></html>",
		"DataDome"},
	    {403, "<html><div id=\"px-captcha\"></div></html>", "PerimeterX"},
	    {202, "<html><script>window.gokuProps = {};</script></html>", "AWS WAF"},
	    {403,
		"<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>Reference&#32;&#35;18"
		"</BODY></HTML>",
		"Akamai"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = refusal(cases[i].status, ASKED, cases[i].body);
		g_autofree char *want =
		    g_strdup_printf("HTTP %d with a challenge of %s, which only a browser passes",
			cases[i].status, cases[i].name);

		g_assert_cmpstr(got, ==, want);
	}
}

/* What the same vendors put into pages that they let through, and pages that speak of them. */
static void
test_no_challenges(void)
{
	static const char *const pages[] = {
	    "<html><script src=\"/cdn-cgi/challenge-platform/jsd.js\"></script></html>",
	    "<html><script src=\"/_Incapsula_Resource?x=1\"></script><h1>Jobs</h1></html>",
	    "<html><div class=\"g-recaptcha\"></div><h1>Apply</h1></html>",
	    "<html><title>Access Denied</title><h1>Welder</h1></html>",
	    "{\"jobs\": [], \"text\": \"_cf_chl_opt\"}",
	    "",
	};

	for (guint i = 0; i < G_N_ELEMENTS(pages); i++)
		g_assert_null(refusal(200, ASKED, pages[i]));
}

static void
test_logins(void)
{
	static const char page[] = "<!DOCTYPE html><html><body>Hello</body></html>";
	static const char *const yes[] = {"https://boards.example/login",
	    "https://boards.example/users/sign_in?return=/acme", "https://id.example/sso/start",
	    "https://id.example/oauth2/Authorize?x=1"},
				 *const no[] = {ASKED, "https://boards.example/loginsville/jobs",
				     "https://boards.example/?next=/login"};

	for (guint i = 0; i < G_N_ELEMENTS(yes); i++) {
		g_autofree char *why = refusal(200, yes[i], page);

		g_assert_nonnull(why);
		g_assert_true(g_str_has_prefix(why, "it leads to a log-in page of "));
	}
	for (guint i = 0; i < G_N_ELEMENTS(no); i++)
		g_assert_null(refusal(200, no[i], page));
	g_assert_null(refusal(200, yes[0], "{\"jobs\": []}"));
}

static void
test_error_pages(void)
{
	static const char *const yes[] =
	    {
		"503 Service Unavailable",
		"503 Service Temporarily Unavailable",
		"404",
		"HTTP Status 404 \342\200\223 Not Found",
		"Error 502: Bad gateway",
		"Page not found | Acme",
		"403 - Forbidden: nobody is let in",
	    },
				 *const no[] = {"Careers at Acme", "500 jobs at Acme", "404 Studio",
				     "Gonedale Mill", "Nothing found", "Forbidden Island Games",
				     "429 Main Street"};
	static const char h1[] =
	    "<html><body><h1>503 Service Unavailable</h1>No server.</body></html>";
	g_autofree char *of_h1 = jp_outcome_error_page(h1, strlen(h1));

	for (guint i = 0; i < G_N_ELEMENTS(yes); i++) {
		g_autofree char *page = g_strdup_printf(
		    "<!doctype html>\n<html><head><TITLE lang=en>\n %s </TITLE></head></html>",
		    yes[i]);
		g_autofree char *got = jp_outcome_error_page(page, strlen(page));
		g_autofree char *want = g_strdup_printf("an error page, \"%s\"", yes[i]);

		g_assert_cmpstr(got, ==, want);
		g_assert_cmpint(jp_outcome_unreadable(page, strlen(page)), ==, JP_VISIT_ERROR);
		g_assert_null(refusal(200, ASKED, page)); /* nobody refuses us */
	}
	for (guint i = 0; i < G_N_ELEMENTS(no); i++) {
		g_autofree char *page =
		    g_strdup_printf("<html><title>%s</title><h1>404 Not Found</h1></html>", no[i]);

		g_assert_null(jp_outcome_error_page(page, strlen(page)));
	}
	g_assert_cmpstr(of_h1, ==, "an error page, \"503 Service Unavailable\"");
	g_assert_null(jp_outcome_error_page("{\"title\":\"<title>404</title>\"}", 27));
	g_assert_null(jp_outcome_error_page("<html><title>404", 16));
	g_assert_null(jp_outcome_error_page("", 0));
}

/* A body alone, without what HTTP said of it, is named all the same. */
static void
test_parsed(void)
{
	static const struct {
		const char *kind, *body, *why;
	} cases[] = {
	    {"jobposting", "<html><head><title>Just a moment...</title></head></html>",
		"a challenge of Cloudflare, which only a browser passes, and no listing"},
	    {"jobposting", "<html><head><title>502 Bad Gateway</title></head></html>",
		"an error page, \"502 Bad Gateway\", and no listing"},
	    {"jobposting", "{\"error\": \"not found\"}", "JSON, but nothing of schema.org"},
	    {"jobposting", "[{\"error\": \"not found\"}]", "JSON, but nothing of schema.org"},
	    {"jobposting", "{\"error\":", "JSON, but nothing of schema.org"},
	    {"jobposting", "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>",
		"the answer is no page"},
	    {"jobposting", "Not Found", "the answer is no page"},
	    {"lever", "<html><head><title>Just a moment...</title></head></html>",
		"a challenge of Cloudflare, which only a browser passes: "
		"line 1, column 1: HTML where JSON was expected"},
	    {"personio", "<html><head><title>404 Not Found</title></head></html>",
		"an error page, \"404 Not Found\": HTML where XML was expected"},
	    {"feed", "<html><head><title>News</title></head></html>",
		"HTML where a feed was expected"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_listing) l = jp_listing_new();
		g_autoptr(GError) error = NULL;

		g_assert_false(jp_board_parse(l, cases[i].kind, "acme", NULL, cases[i].body,
		    strlen(cases[i].body), 0, &error));
		g_assert_error(error, JP_ERROR, (int)JP_ERROR_DATA);
		g_assert_cmpstr(error->message, ==, cases[i].why);
	}
}

/* What has no job and is a page, or is of schema.org, is an empty listing. */
static void
test_empty_pages(void)
{
	static const char *const pages[] = {
	    "<!doctype html><html><body><p>Nothing open.</p></body></html>",
	    "<?xml version=\"1.0\"?>\n<!DOCTYPE html><html><body>Nothing open.</body></html>",
	    "{\"@context\": \"https://schema.org\", \"@graph\": []}",
	    "[{\"@type\": \"WebSite\"}]",
	};

	for (guint i = 0; i < G_N_ELEMENTS(pages); i++) {
		g_autoptr(jp_listing) l = jp_listing_new();
		g_autoptr(GError) error = NULL;

		g_assert_true(jp_board_parse(l, "jobposting", "https://acme.example/", NULL,
		    pages[i], strlen(pages[i]), 0, &error));
		g_assert_no_error(error);
		g_assert_null(l->incomplete_why);
	}
}

static void
test_unread(void)
{
	static const char page[] = "<!DOCTYPE html><html><body>Hello</body></html>";
	jp_http_response r = {.outcome = JP_HTTP_ANSWER,
	    .status = 200,
	    .url = "https://www.vendor.example/",
	    .body = page,
	    .len = sizeof page - 1};
	g_autofree char *elsewhere = jp_outcome_unread_why(ASKED, &r, "no JSON"), *here = NULL,
			*data = NULL, *broken = NULL;

	g_assert_cmpstr(elsewhere, ==, "it leads to a page of www.vendor.example: no JSON");
	r.url = ASKED;
	here = jp_outcome_unread_why(ASKED, &r, "no JSON");
	g_assert_cmpstr(here, ==, "no JSON");
	r.url = "https://www.vendor.example/";
	r.body = "<html><title>503 Service Unavailable</title></html>";
	r.len = strlen(r.body);
	broken = jp_outcome_unread_why(ASKED, &r, "no JSON");
	g_assert_cmpstr(
	    broken, ==, "HTTP 200 with an error page, \"503 Service Unavailable\": no JSON");
	r.body = "nonsense";
	r.len = strlen(r.body);
	data = jp_outcome_unread_why(ASKED, &r, "no JSON");
	g_assert_cmpstr(data, ==, "no JSON");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/refusal/R4-challenges", test_challenges);
	g_test_add_func("/board/refusal/R4-no-challenges", test_no_challenges);
	g_test_add_func("/board/refusal/R4-logins", test_logins);
	g_test_add_func("/board/refusal/R4-error-pages", test_error_pages);
	g_test_add_func("/board/refusal/R4-parsed", test_parsed);
	g_test_add_func("/board/refusal/empty-pages", test_empty_pages);
	g_test_add_func("/board/refusal/R4-unread", test_unread);
	return g_test_run();
}
