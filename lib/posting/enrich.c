/*
 * What the service did not say is read from title and text, where they say it plainly.  Precision
 * before recall: a field that is wrong costs a reader more than one that is unknown.
 */
#include <string.h>

#include "posting/internal.h"

/* ---- the text ------------------------------------------------------------------------ */

/* Values of the phrases: a kind of field and what it says. */
enum { SAYS_REMOTE = 100, SAYS_TYPE = 200 };

static const struct {
	guint value;
	const char *phrases; /* '|' between */
} text_phrases[] = {
    {SAYS_REMOTE + JP_REMOTE_REMOTE,
	"fully remote|100 remote|remote position|remote role|remote job|remote opportunity|"
	"work from anywhere|remote only|position is remote|role is remote|job is remote|"
	"entirely remote|completely remote|full remote|remote full time|home based role|"
	"workplace type remote|location remote|work location remote|vollstandig remote|"
	"komplett remote|remote arbeiten von uberall|100 teletravail|full teletravail|"
	"100 remoto|totalmente remoto|trabajo remoto|trabalho remoto|volledig remote|helt pa "
	"distans"},
    {SAYS_REMOTE + JP_REMOTE_HYBRID,
	"hybrid role|hybrid position|hybrid job|hybrid work|hybrid working|hybrid model|"
	"hybrid schedule|hybrid environment|hybrid setup|hybrid approach|hybrid workplace|"
	"workplace type hybrid|days in the office|days in office|days per week in the office|"
	"days a week in the office|days per week in office|days a week in office|"
	"days per week from our office|days onsite|days on site|days per week on site|"
	"days per week onsite|hybrides arbeiten|hybrides arbeitsmodell|hybriden arbeitsmodell|"
	"hybrid arbeiten|hybrides modell|tage homeoffice|tage home office|mobiles arbeiten|"
	"jours de teletravail|teletravail partiel|modelo hibrido|trabajo hibrido|lavoro ibrido|"
	"hybride werken|hybrid arbete|teletrabajo parcial"},
    {SAYS_REMOTE + JP_REMOTE_ONSITE,
	"on site role|on site position|onsite role|onsite position|in person role|"
	"in person position|in office role|in office position|fully onsite|fully on site|100 "
	"onsite|"
	"100 on site|not a remote|not remote|no remote|workplace type onsite|workplace type on "
	"site|"
	"position is onsite|position is on site|role is onsite|role is on site|"
	"role is based in our office|role is not remote|fully in office|fully in person|"
	"remote work is not|kein homeoffice"},
    {SAYS_TYPE + JP_EMPLOYMENT_FULL_TIME,
	"full time position|full time role|full time job|full time employee|full time employment|"
	"employment type full time|job type full time|in vollzeit|temps plein|jornada completa|"
	"tempo pieno|tempo integral|heltidstjanst|heltidsstilling|fulltime functie"},
    {SAYS_TYPE + JP_EMPLOYMENT_PART_TIME,
	"part time position|part time role|part time job|employment type part time|"
	"job type part time|in teilzeit|temps partiel|media jornada"},
    {SAYS_TYPE + JP_EMPLOYMENT_CONTRACT,
	"contract position|contract role|freelance position|freelance role|employment type "
	"contract|"
	"job type contract|independent contractor position|contract to hire"},
    {SAYS_TYPE + JP_EMPLOYMENT_TEMPORARY,
	"temporary position|temporary role|fixed term contract|seasonal position|"
	"employment type temporary|befristete stelle|befristete anstellung"},
};

static const jp_phrases *
phrases(void)
{
	static const jp_phrases *once;

	if (g_once_init_enter(&once)) {
		jp_phrases *ph = jp_phrases_new(512);

		for (guint i = 0; i < G_N_ELEMENTS(text_phrases); i++) {
			g_auto(GStrv) list = g_strsplit(text_phrases[i].phrases, "|", -1);

			for (char **one = list; *one; one++)
				jp_phrases_add(ph, *one, text_phrases[i].value);
		}
		g_once_init_leave(&once, ph);
	}
	return once;
}

/* What one kind of field was said to be; contradictions cancel out. */
struct saying {
	guint value;
	gboolean contradicted;
};

static void
say(struct saying *s, guint value)
{
	if (s->value && s->value != value)
		s->contradicted = TRUE;
	s->value = value;
}

static void
read_text(const jp_tokens *t, struct saying *remote, struct saying *type)
{
	const jp_phrases *ph = phrases();

	for (guint i = 0; (i = jp_phrases_next(ph, t, i)) < t->n;) {
		guint64 value = 0;
		guint n = jp_phrases_at(ph, t, i, &value);

		if (n > 0 && value >= SAYS_TYPE)
			say(type, (guint)(value - SAYS_TYPE));
		else if (n > 0)
			say(remote, (guint)(value - SAYS_REMOTE));
		i += MAX(n, 1);
	}
}

void
jp_enrich(jp_posting *p, const jp_tokens *title, const jp_tokens *tokens)
{
	struct saying remote = {0}, type = {0};
	jp_title said;

	jp_title_read(p->title, title, &said);
	if (p->remote == JP_REMOTE_UNKNOWN)
		p->remote = said.remote;
	if (p->employment == JP_EMPLOYMENT_UNKNOWN)
		p->employment = said.employment;
	if (p->remote == JP_REMOTE_UNKNOWN || p->employment == JP_EMPLOYMENT_UNKNOWN)
		read_text(tokens, &remote, &type);
	if (p->remote == JP_REMOTE_UNKNOWN && !remote.contradicted)
		p->remote = (jp_remote)remote.value;
	if (p->employment == JP_EMPLOYMENT_UNKNOWN && !type.contradicted)
		p->employment = (jp_employment)type.value;
	if (p->level == JP_LEVEL_UNKNOWN)
		p->level = said.level;
	if (p->level == JP_LEVEL_UNKNOWN && p->employment == JP_EMPLOYMENT_INTERNSHIP)
		p->level = JP_LEVEL_INTERN;
	if (p->salary_min == 0 && p->salary_max == 0)
		(void)jp_salary_find(p, p->description); /* none is fine */
	if (!p->language)
		p->language = g_strdup(jp_language_of(tokens));
}
