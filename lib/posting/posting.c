/*
 * The posting as a value: made, freed, given a salary, shown as JSON.
 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "posting/internal.h"

jp_posting *
jp_posting_new(void)
{
	jp_posting *p = g_new0(jp_posting, 1);

	p->locations = g_ptr_array_new_with_free_func(jp_location_free);
	p->skills = g_ptr_array_new_with_free_func(g_free);
	return p;
}

void
jp_posting_free(jp_posting *p)
{
	if (!p)
		return;
	g_free(p->external_id);
	g_free(p->requisition);
	g_free(p->title);
	g_free(p->company);
	g_free(p->description_html);
	g_free(p->description);
	g_free(p->url);
	g_free(p->apply_url);
	g_free(p->department);
	g_free(p->language);
	g_ptr_array_free(p->locations, TRUE);
	g_ptr_array_free(p->skills, TRUE);
	g_free(p);
}

/* ---- salary -------------------------------------------------------------------------- */

/* Above any wage in any currency, and far below what overflows. */
#define MAX_AMOUNT 1e11

static gboolean
read_currency(const char *text, char currency[4])
{
	static const struct {
		const char *sign, *code;
	} signs[] = {{"€", "EUR"}, {"£", "GBP"}, {"$", "USD"}, {"US$", "USD"}, {"C$", "CAD"},
	    {"CA$", "CAD"}, {"A$", "AUD"}, {"AU$", "AUD"}, {"zł", "PLN"}, {"₹", "INR"},
	    {"¥", "JPY"}, {"R$", "BRL"}, {"Fr.", "CHF"}};

	for (guint i = 0; i < G_N_ELEMENTS(signs); i++)
		if (strcmp(signs[i].sign, text) == 0)
			return g_strlcpy(currency, signs[i].code, 4) == 3;
	if (strlen(text) != 3)
		return FALSE;
	for (guint i = 0; i < 3; i++) {
		if (!g_ascii_isalpha(text[i]))
			return FALSE;
		currency[i] = g_ascii_toupper(text[i]);
	}
	currency[3] = '\0';
	return TRUE;
}

static gint64
micros_of(double amount)
{
	gint64 micros = 0;

	if (!isfinite(amount) || amount <= 0 || amount > MAX_AMOUNT ||
	    !jp_micros_from_double(amount, &micros))
		return 0;
	return micros;
}

void
jp_posting_set_salary(
    jp_posting *p, double min, double max, const char *currency, const char *period)
{
	gint64 low = micros_of(min), high = micros_of(max), swap;
	char code[4] = "";
	jp_period per = jp_period_read(period);

	if (low == 0 && high == 0)
		return;
	if (low && high && low > high) {
		swap = low;
		low = high;
		high = swap;
	}
	if (currency)
		(void)read_currency(currency, code); /* unknown stays "" */
	if (p->salary_min == 0 && p->salary_max == 0) {
		p->salary_min = low;
		p->salary_max = high;
		memcpy(p->salary_currency, code, sizeof(code));
		p->salary_period = per;
		return;
	}
	if (strcmp(p->salary_currency, code) != 0 || p->salary_period != per)
		return;
	if (low && (p->salary_min == 0 || low < p->salary_min))
		p->salary_min = low;
	if (high && high > p->salary_max)
		p->salary_max = high;
}

/* ---- JSON ---------------------------------------------------------------------------- */

static void
add_micros(cJSON *o, const char *key, gint64 micros)
{
	g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, micros);

	if (micros)
		cJSON_AddItemToObject(o, key, cJSON_CreateRaw(number));
	else
		cJSON_AddNullToObject(o, key);
}

static cJSON *
locations_json(const jp_posting *p)
{
	cJSON *list = cJSON_CreateArray();

	for (guint i = 0; i < p->locations->len; i++) {
		const jp_location *l = p->locations->pdata[i];
		cJSON *o = cJSON_CreateObject();

		jp_json_add_text(o, "text", l->text);
		jp_json_add_text(o, "city", l->city);
		jp_json_add_text(o, "region", l->region);
		jp_json_add_text(o, "country", l->country);
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

cJSON *
jp_posting_to_json(const jp_posting *p)
{
	cJSON *o = cJSON_CreateObject(), *skills = cJSON_CreateArray();

	if (p->id)
		cJSON_AddNumberToObject(o, "id", (double)p->id);
	jp_json_add_text(o, "external_id", p->external_id);
	jp_json_add_text(o, "requisition", p->requisition);
	jp_json_add_text(o, "title", p->title);
	jp_json_add_text(o, "company", p->company);
	cJSON_AddBoolToObject(o, "company_is_guess", p->company_is_guess);
	cJSON_AddItemToObject(o, "locations", locations_json(p));
	jp_json_add_text(o, "remote", jp_remote_word(p->remote));
	jp_json_add_text(o, "employment_type", jp_employment_word(p->employment));
	jp_json_add_text(o, "level", jp_level_word(p->level));
	jp_json_add_text(o, "department", p->department);
	add_micros(o, "salary_min_micros", p->salary_min);
	add_micros(o, "salary_max_micros", p->salary_max);
	jp_json_add_text(o, "salary_currency", *p->salary_currency ? p->salary_currency : NULL);
	jp_json_add_text(o, "salary_period", jp_period_word(p->salary_period));
	jp_json_add_text(o, "language", p->language);
	jp_json_add_text(o, "url", p->url);
	jp_json_add_text(o, "apply_url", p->apply_url);
	jp_json_add_time(o, "posted_at", p->posted_at, p->posted_at != 0);
	cJSON_AddBoolToObject(o, "posted_date_only", (p->posted_flags & JP_POSTED_DATE_ONLY) != 0);
	cJSON_AddBoolToObject(o, "posted_derived", (p->posted_flags & JP_POSTED_DERIVED) != 0);
	jp_json_add_time(o, "updated_at", p->updated_at, p->updated_at != 0);
	jp_json_add_time(o, "valid_through", p->valid_through, p->valid_through != 0);
	for (guint i = 0; i < p->skills->len; i++)
		cJSON_AddItemToArray(skills, cJSON_CreateString(p->skills->pdata[i]));
	cJSON_AddItemToObject(o, "skills", skills);
	jp_json_add_text(o, "description", p->description);
	return o;
}
