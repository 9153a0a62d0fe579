/*
 * Fuzzes the finding of JobPostings in pages.  Oracle: a block of any content ends at its end tag,
 * and a whole block after it is found, whatever the first one was; the page alone is read without
 * harm, and its objects say of which type they are.
 */
#include <stdint.h>
#include <string.h>

#include "board/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define BLOCK "<script type=\"application/ld+json\">"
#define GOOD  "{\"@type\":\"JobPosting\",\"title\":\"the one that is whole\"}"

static void
check_next_is_found(const uint8_t *data, size_t len)
{
	g_autoptr(GString) page = g_string_new("<html><head>" BLOCK);
	g_autoptr(jp_pagedata) d = NULL;
	const cJSON *last;

	g_string_append_len(page, (const char *)data, (gssize)len);
	for (gsize i = 0; i < page->len; i++)
		if (i >= strlen("<html><head>" BLOCK) && page->str[i] == '<')
			page->str[i] = '(';
	g_string_append(page, "</script>" BLOCK GOOD "</script>");
	d = jp_pagedata_parse(page->str, page->len);
	g_assert_cmpuint(d->jobs->len, >=, 1);
	last = g_ptr_array_index(d->jobs, d->jobs->len - 1);
	g_assert_cmpstr(jp_json_text(last, "title"), ==, "the one that is whole");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autoptr(jp_pagedata) d = jp_pagedata_parse((const char *)data, len);

	for (guint i = 0; i < d->jobs->len; i++)
		g_assert_nonnull(cJSON_GetObjectItem(g_ptr_array_index(d->jobs, i), "@type"));
	check_next_is_found(data, len);
	return 0;
}
