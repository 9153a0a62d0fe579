/* Fuzzes normalising and all it reads: title, places, salary, skills, text.  Lines of the input are
 * fields.  Oracle: bounds and invariants of the normalised posting hold, its JSON is read again,
 * and normalising it once more changes nothing that is hashed. */
#include <stdint.h>
#include <string.h>

#include "base/base.h"
#include "posting/posting.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_text(const char *text, gsize max)
{
	g_assert_nonnull(text);
	g_assert_cmpuint(strlen(text), <=, max);
	g_assert_true(g_utf8_validate(text, -1, NULL));
	for (const char *p = text; *p; p++)
		g_assert_true(*p == '\n' || (guchar)*p >= 0x20);
}

static void
check(const jp_posting *p)
{
	g_autoptr(cJSON) json = jp_posting_to_json(p), again = NULL;
	g_autofree char *line = jp_json_line(json);
	g_autoptr(GError) error = NULL;

	again = jp_json_parse(line, strlen(line), &error);
	g_assert_no_error(error);
	check_text(p->external_id, JP_MAX_NAME);
	check_text(p->title, JP_MAX_TITLE);
	check_text(p->company, JP_MAX_NAME);
	check_text(p->description, JP_MAX_DESCRIPTION);
	check_text(p->url, JP_MAX_URL);
	check_text(p->apply_url, JP_MAX_URL);
	g_assert_null(strpbrk(p->title, "\n"));
	g_assert_null(strpbrk(p->company, "\n"));
	g_assert_null(p->description_html);
	g_assert_cmpint(p->salary_min, >=, 0);
	g_assert_true(p->salary_max == 0 || p->salary_min <= p->salary_max);
	g_assert_cmpint(p->dedupe_key, >=, 0);
	g_assert_cmpuint(p->locations->len, <=, JP_MAX_LOCATIONS);
	for (guint i = 0; i < p->locations->len; i++) {
		const jp_location *l = p->locations->pdata[i];

		check_text(l->text, JP_MAX_NAME);
		g_assert_true(!l->country || jp_country_name(l->country));
	}
	for (guint i = 1; i < p->skills->len; i++)
		g_assert_cmpint(strcmp(p->skills->pdata[i - 1], p->skills->pdata[i]), <, 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autofree char *text = g_strndup((const char *)data, len);
	g_auto(GStrv) f = g_strsplit(text, "\n", 8);
	guint n = g_strv_length(f);
	g_autoptr(jp_posting) p = jp_posting_new();
	g_autoptr(GError) error = NULL;
	guint8 hash[32];

	p->external_id = g_strdup("1");
	p->url = g_strdup("https://example.org/1");
	p->title = g_strdup(n > 0 ? f[0] : "");
	if (n > 1)
		jp_posting_add_place(p, f[1]);
	if (n > 4)
		jp_posting_add_location(p, NULL, f[2], f[3], f[4]);
	p->language = n > 5 ? g_strdup(f[5]) : NULL;
	p->apply_url = n > 6 ? g_strdup(f[6]) : NULL;
	p->employment = n > 6 ? jp_employment_read(f[6]) : JP_EMPLOYMENT_UNKNOWN;
	p->description_html = g_strdup(n > 7 ? f[7] : n > 0 ? f[n - 1] : "");
	if (!jp_posting_normalise(p, n > 5 ? f[5] : "x", &error)) {
		g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
		return 0;
	}
	check(p);
	if (strchr(p->title, '&')) /* is decoded once more */
		return 0;
	memcpy(hash, p->hash, sizeof(hash));
	g_assert_true(jp_posting_normalise(p, "x", &error));
	g_assert_cmpmem(hash, 32, p->hash, 32);
	return 0;
}
