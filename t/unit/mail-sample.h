/* A site, a subscriber and postings for the tests of the digest and of the message. */
#ifndef JP_MAIL_SAMPLE_H
#define JP_MAIL_SAMPLE_H

#include "mail/mail.h"

#include <string.h>

#define SAMPLE_ID     "0011223344556677@mail.jobs.example"
#define SAMPLE_TOKEN  "aeaqcaaaaaaaaaaafj7z6gqitggsqf3jbcpcm24q2z4q"
#define SAMPLE_MANAGE "aeaqiaaaaaaaaaaafj7z6gqitggsqf3jbcpcm24q2z4q"

typedef struct sample {
	jp_config *conf;
	jp_templates *templates;
	jp_subscriber to;
	jp_digest digest;
	GPtrArray *items; /* of jp_digest_item *, owned */
	GPtrArray *json;  /* of cJSON *, owned */
} sample;

static const char sample_site[] = "site:\n"
				  "  name: River Jobs\n"
				  "  url: https://jobs.example\n"
				  "  contact: desk@jobs.example\n"
				  "  postal_address: 1 Quay Street, 1000 Riverton\n"
				  "mail:\n"
				  "  from: digest@jobs.example\n"
				  "  from_name: River Jobs\n"
				  "  domain: mail.jobs.example\n";

static inline jp_digest_item *
sample_add(sample *s, const char *search, const char *title, const char *company, int score)
{
	jp_digest_item *item = g_new0(jp_digest_item, 1);

	item->match_id = item->posting_id = item->group_id = s->items->len + 1;
	item->search = search;
	item->title = title;
	item->company = company;
	item->score = score;
	item->url = "https://boards.example/acme/jobs/1017";
	item->first_seen = s->digest.now - 2 * JP_DAY;
	g_ptr_array_add(s->items, item);
	g_ptr_array_add(s->digest.items, item);
	return item;
}

static inline void
sample_reasons(sample *s, jp_digest_item *item, const char *json)
{
	cJSON *o = cJSON_Parse(json);

	g_assert_nonnull(o);
	g_ptr_array_add(s->json, o);
	item->reasons = o;
}

/* Three postings found by two searches. */
static inline void
sample_fill(sample *s)
{
	jp_digest_item *item;

	item = sample_add(s, "Rust in Rotterdam", "Senior Rust Engineer", "Kiel & Sons", 92);
	item->place = "Rotterdam, Netherlands";
	item->remote = "hybrid";
	item->type = "full_time";
	item->salary = "70,000–90,000 EUR/year";
	item->posted_at = s->digest.now - JP_DAY;
	item->description =
	    "You keep the locks of forty canals turning: schedulers, sensors and the "
	    "small programs between them. We pair, we ship on Tuesdays, we go home.";
	sample_reasons(s, item,
	    "[{\"points\":40,\"what\":\"title has \\\"rust\\\"\"},"
	    "{\"points\":20,\"what\":\"Rotterdam is near\"},"
	    "{\"points\":0,\"what\":\"full-time\"}]");
	item = sample_add(s, "Go, remote", "Go Developer, Payments", "Ledgerloom", 81);
	item->place = "Lisbon; Porto";
	item->remote = "remote";
	item->posted_at = s->digest.now - 5 * JP_DAY;
	item = sample_add(s, "Rust in Rotterdam", "Embedded Developer", "Windmill Works", 63);
	item->place = "Delft";
	item->type = "contract";
}

static inline void
sample_init(sample *s, const char *site)
{
	g_autoptr(GError) error = NULL;

	memset(s, 0, sizeof(*s));
	g_assert_true(jp_config_parse(&s->conf, site, strlen(site), "sample.yaml", "/", &error));
	s->templates = jp_templates_load(s->conf, &error);
	g_assert_no_error(error);
	s->to = (jp_subscriber){.id = 42,
	    .email = g_strdup("anna@reader.example"),
	    .name = g_strdup("Anna Öberg"),
	    .timezone = g_strdup("Europe/Amsterdam")};
	s->items = g_ptr_array_new_with_free_func(g_free);
	s->json = g_ptr_array_new_with_free_func((GDestroyNotify)cJSON_Delete);
	s->digest = (jp_digest){.to = &s->to,
	    .items = g_ptr_array_new(),
	    .message_id = SAMPLE_ID,
	    .token = SAMPLE_TOKEN,
	    .manage_token = SAMPLE_MANAGE};
	g_assert_true(jp_time_parse("2026-03-03T07:00:00Z", &s->digest.now, NULL));
	g_assert_true(jp_time_parse("2025-11-20T19:30:00Z", &s->digest.asked_at, NULL));
}

static inline void
sample_clear(sample *s)
{
	jp_config_free(s->conf);
	jp_templates_free(s->templates);
	g_free(s->to.email);
	g_free(s->to.name);
	g_free(s->to.timezone);
	g_ptr_array_unref(s->items);
	g_ptr_array_unref(s->json);
	g_ptr_array_unref(s->digest.items);
}

#endif
