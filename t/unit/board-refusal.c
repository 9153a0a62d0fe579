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
test_unread(void)
{
	static const char page[] = "<!DOCTYPE html><html><body>Hello</body></html>";
	jp_http_response r = {.outcome = JP_HTTP_ANSWER,
	    .status = 200,
	    .url = "https://www.vendor.example/",
	    .body = page,
	    .len = sizeof page - 1};
	g_autofree char *elsewhere = jp_outcome_unread_why(ASKED, &r, "no JSON"), *here = NULL,
			*data = NULL;

	g_assert_cmpstr(elsewhere, ==, "it leads to a page of www.vendor.example: no JSON");
	r.url = ASKED;
	here = jp_outcome_unread_why(ASKED, &r, "no JSON");
	g_assert_cmpstr(here, ==, "no JSON");
	r.url = "https://www.vendor.example/";
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
	g_test_add_func("/board/refusal/R4-unread", test_unread);
	return g_test_run();
}
