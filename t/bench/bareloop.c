/*
 * The least that a program does that fetches with libcurl: every URL of a file, so many at once,
 * inflated and dropped.  Usage: bareloop CONNECTIONS FILE.  What jp-scrape is compared with.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"

static size_t
drop(char *bytes, size_t size, size_t n, void *data)
{
	gsize *total = data;

	(void)bytes;
	*total += size * n;
	return size * n;
}

static CURL *
prepare(gsize *total)
{
	CURL *e = curl_easy_init();

	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, total);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(e, CURLOPT_FAILONERROR, 1L);
	return e;
}

/* Gives the handle the next URL; FALSE when there is none. */
static gboolean
launch(CURLM *multi, CURL *e, char ***next)
{
	if (!**next || !***next)
		return FALSE;
	curl_easy_setopt(e, CURLOPT_URL, *(*next)++);
	return curl_multi_add_handle(multi, e) == CURLM_OK;
}

/* Those that ended take the next one; gives how many failed. */
static guint
collect(CURLM *multi, char ***next)
{
	guint n_failed = 0;
	CURLMsg *m;
	int n;

	while ((m = curl_multi_info_read(multi, &n))) {
		CURL *e = m->easy_handle;

		if (m->msg != CURLMSG_DONE)
			continue;
		n_failed += m->data.result != CURLE_OK;
		curl_multi_remove_handle(multi, e);
		if (!launch(multi, e, next))
			curl_easy_cleanup(e);
	}
	return n_failed;
}

int
main(int argc, char **argv)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) urls = NULL;
	CURLM *multi = curl_multi_init();
	guint n_failed = 0;
	int flying = 1;
	gint64 n = 0;
	char **next;
	gsize total = 0;

	if (argc < 3 || !jp_int_parse(argv[1], 1, 1000, &n) ||
	    !g_file_get_contents(argv[2], &text, NULL, NULL))
		return JP_ERROR_USAGE;
	next = urls = g_strsplit(text, "\n", -1);
	while (n-- > 0) {
		CURL *e = prepare(&total);

		if (!launch(multi, e, &next))
			curl_easy_cleanup(e);
	}
	while (flying > 0) {
		curl_multi_perform(multi, &flying);
		n_failed += collect(multi, &next);
		curl_multi_perform(multi, &flying);
		if (flying > 0)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
	}
	curl_multi_cleanup(multi);
	printf("%zu bytes\n", total);
	return n_failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
