/*
 * What the service did not say is read from title and text, where they say it plainly.  Precision
 * before recall: a field that is wrong costs a reader more than one that is unknown.
 */
#include <string.h>

#include "posting/internal.h"

/* ---- the title ----------------------------------------------------------------------- */

/* Words that mean a type in a title too, where "contract manager" is none. */
static jp_employment
employment_of_title(const char *words)
{
	static const struct {
		const char *phrase;
		jp_employment type;
	} table[] = {{"intern", JP_EMPLOYMENT_INTERNSHIP}, {"interns", JP_EMPLOYMENT_INTERNSHIP},
	    {"internship", JP_EMPLOYMENT_INTERNSHIP}, {"praktikum", JP_EMPLOYMENT_INTERNSHIP},
	    {"praktikant", JP_EMPLOYMENT_INTERNSHIP}, {"praktikantin", JP_EMPLOYMENT_INTERNSHIP},
	    {"werkstudent", JP_EMPLOYMENT_INTERNSHIP}, {"werkstudentin", JP_EMPLOYMENT_INTERNSHIP},
	    {"working student", JP_EMPLOYMENT_INTERNSHIP}, {"stagiaire", JP_EMPLOYMENT_INTERNSHIP},
	    {"stagiair", JP_EMPLOYMENT_INTERNSHIP}, {"becario", JP_EMPLOYMENT_INTERNSHIP},
	    {"tirocinio", JP_EMPLOYMENT_INTERNSHIP}, {"estagio", JP_EMPLOYMENT_INTERNSHIP},
	    {"ausbildung", JP_EMPLOYMENT_APPRENTICESHIP}, {"azubi", JP_EMPLOYMENT_APPRENTICESHIP},
	    {"auszubildende", JP_EMPLOYMENT_APPRENTICESHIP},
	    {"auszubildender", JP_EMPLOYMENT_APPRENTICESHIP},
	    {"apprentice", JP_EMPLOYMENT_APPRENTICESHIP},
	    {"apprenticeship", JP_EMPLOYMENT_APPRENTICESHIP},
	    {"alternance", JP_EMPLOYMENT_APPRENTICESHIP},
	    {"duales studium", JP_EMPLOYMENT_APPRENTICESHIP},
	    {"volunteer", JP_EMPLOYMENT_VOLUNTEER}, {"per diem", JP_EMPLOYMENT_PER_DIEM},
	    {"prn", JP_EMPLOYMENT_PER_DIEM}, {"freelance", JP_EMPLOYMENT_CONTRACT},
	    {"freelancer", JP_EMPLOYMENT_CONTRACT}, {"contractor", JP_EMPLOYMENT_CONTRACT},
	    {"month contract", JP_EMPLOYMENT_CONTRACT}, {"temporary", JP_EMPLOYMENT_TEMPORARY},
	    {"fixed term", JP_EMPLOYMENT_TEMPORARY}, {"seasonal", JP_EMPLOYMENT_TEMPORARY},
	    {"temp", JP_EMPLOYMENT_TEMPORARY}, {"befristet", JP_EMPLOYMENT_TEMPORARY},
	    {"maternity cover", JP_EMPLOYMENT_TEMPORARY}, {"vikariat", JP_EMPLOYMENT_TEMPORARY},
	    {"part time", JP_EMPLOYMENT_PART_TIME}, {"teilzeit", JP_EMPLOYMENT_PART_TIME},
	    {"temps partiel", JP_EMPLOYMENT_PART_TIME}, {"deeltijd", JP_EMPLOYMENT_PART_TIME},
	    {"minijob", JP_EMPLOYMENT_PART_TIME}, {"deltid", JP_EMPLOYMENT_PART_TIME},
	    {"full time", JP_EMPLOYMENT_FULL_TIME}, {"vollzeit", JP_EMPLOYMENT_FULL_TIME},
	    {"fulltime", JP_EMPLOYMENT_FULL_TIME}, {"heltid", JP_EMPLOYMENT_FULL_TIME},
	    {"temps plein", JP_EMPLOYMENT_FULL_TIME}};

	/* "Vollzeit / Teilzeit": who wants either finds it. */
	if (jp_words_have(words, "vollzeit") || jp_words_have(words, "full time"))
		return JP_EMPLOYMENT_FULL_TIME;
	for (guint i = 0; i < G_N_ELEMENTS(table); i++)
		if (jp_words_have(words, table[i].phrase))
			return table[i].type;
	return JP_EMPLOYMENT_UNKNOWN;
}

static jp_remote
remote_of_title(const char *words)
{
	if (jp_words_have(words, "hybrid") || jp_words_have(words, "hybride"))
		return jp_words_have(words, "hybrid cloud") ? JP_REMOTE_UNKNOWN : JP_REMOTE_HYBRID;
	if (jp_words_have(words, "remote sensing") || jp_words_have(words, "remote support") ||
	    jp_words_have(words, "non remote") || jp_words_have(words, "not remote"))
		return JP_REMOTE_UNKNOWN;
	if (jp_words_have(words, "remote") || jp_words_have(words, "work from home") ||
	    jp_words_have(words, "homeoffice") || jp_words_have(words, "home office") ||
	    jp_words_have(words, "teletravail"))
		return JP_REMOTE_REMOTE;
	if (jp_words_have(words, "onsite") || jp_words_have(words, "on site"))
		return JP_REMOTE_ONSITE;
	return JP_REMOTE_UNKNOWN;
}

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

	for (guint i = 0; (i = jp_phrases_next(ph, t, i)) < t->items->len;) {
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
jp_enrich(jp_posting *p, const jp_tokens *tokens)
{
	g_autofree char *title = jp_token_words(p->title, -1);
	struct saying remote = {0}, type = {0};

	if (p->remote == JP_REMOTE_UNKNOWN)
		p->remote = remote_of_title(title);
	if (p->employment == JP_EMPLOYMENT_UNKNOWN)
		p->employment = employment_of_title(title);
	if (p->remote == JP_REMOTE_UNKNOWN || p->employment == JP_EMPLOYMENT_UNKNOWN)
		read_text(tokens, &remote, &type);
	if (p->remote == JP_REMOTE_UNKNOWN && !remote.contradicted)
		p->remote = (jp_remote)remote.value;
	if (p->employment == JP_EMPLOYMENT_UNKNOWN && !type.contradicted)
		p->employment = (jp_employment)type.value;
	if (p->level == JP_LEVEL_UNKNOWN)
		p->level = jp_level_read(p->title);
	if (p->level == JP_LEVEL_UNKNOWN && p->employment == JP_EMPLOYMENT_INTERNSHIP)
		p->level = JP_LEVEL_INTERN;
	if (p->salary_min == 0 && p->salary_max == 0)
		(void)jp_salary_find(p, p->description); /* none is fine */
	if (!p->language)
		p->language = g_strdup(jp_language_of(tokens));
}
