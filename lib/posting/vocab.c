/*
 * The words of the vocabulary: ours, which the database and JSON hold, and what services and titles
 * write instead, in the languages of the boards we read.
 */
#include <string.h>

#include "base/base.h"
#include "base/embed.h"
#include "posting/internal.h"

/* ---- our own words ------------------------------------------------------------------- */

static const char *const remote_words[JP_N_REMOTE] = {NULL, "onsite", "hybrid", "remote"};
static const char *const employment_words[JP_N_EMPLOYMENT] = {NULL, "full_time", "part_time",
    "contract", "temporary", "internship", "apprenticeship", "volunteer", "per_diem", "other"};
static const char *const level_words[JP_N_LEVEL] = {
    NULL, "intern", "entry", "mid", "senior", "lead", "manager", "director", "executive"};
static const char *const period_words[] = {NULL, "hour", "day", "week", "month", "year"};

const char *
jp_remote_word(jp_remote v)
{
	return remote_words[v];
}

const char *
jp_employment_word(jp_employment v)
{
	return employment_words[v];
}

const char *
jp_level_word(jp_level v)
{
	return level_words[v];
}

const char *
jp_period_word(jp_period v)
{
	return period_words[v];
}

/* Index of the word; 0 when it is none. */
static guint
word_index(const char *word, const char *const *words, guint n)
{
	for (guint i = 1; word && i < n; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return 0;
}

gboolean
jp_remote_from_word(const char *word, jp_remote *out)
{
	*out = (jp_remote)word_index(word, remote_words, G_N_ELEMENTS(remote_words));
	return *out != JP_REMOTE_UNKNOWN;
}

gboolean
jp_employment_from_word(const char *word, jp_employment *out)
{
	*out = (jp_employment)word_index(word, employment_words, G_N_ELEMENTS(employment_words));
	return *out != JP_EMPLOYMENT_UNKNOWN;
}

gboolean
jp_level_from_word(const char *word, jp_level *out)
{
	*out = (jp_level)word_index(word, level_words, G_N_ELEMENTS(level_words));
	return *out != JP_LEVEL_UNKNOWN;
}

gboolean
jp_period_from_word(const char *word, jp_period *out)
{
	*out = (jp_period)word_index(word, period_words, G_N_ELEMENTS(period_words));
	return *out != JP_PERIOD_UNKNOWN;
}

/* ---- what services write, by lists of phrases ------------------------------------------- */

enum {
	NO_REMOTE,
	HYBRID,
	REMOTE,
	ONSITE,
	HOME_OFFICE,
	OFFICE,
	MODEL_HYBRID, /* of a place */
	MODEL_ONSITE,
	STEADY,
	PASSING,
	TYPES,
	PERIODS = TYPES + 10,
	N_LISTS = PERIODS + 5
};

/* '|' between phrases. */
static const char *const lists[N_LISTS] = {
    [NO_REMOTE] = "no remote|not remote|non remote|kein homeoffice|kein remote",
    [HYBRID] = "hybrid|hybride|hibrido|hibrida|ibrido|hybridarbeit|partly remote|partially remote|"
	       "teilweise remote|remote optional|temporary remote|mobiles arbeiten|"
	       "teletravail partiel|deels thuis",
    [REMOTE] =
	"remote|remotely|telecommute|telecommuting|telework|virtual|distributed|anywhere|"
	"worldwide|work from home|wfh|home office|homeoffice|home based|homebased|teletravail|"
	"a distance|teletrabajo|en remoto|remoto|remota|a distancia|da remoto|thuiswerken|op "
	"afstand|"
	"distans|pa distans|hjemmekontor|hjemmearbejde|etatyo|ortsunabhangig|fernarbeit",
    [ONSITE] =
	"onsite|on site|in office|inoffice|office based|office|in person|inperson|vor ort|prasenz|"
	"presentiel|sur site|presencial|in presenza|in sede|op locatie|kantoor|pa plats|none|"
	"no remote|not remote",
    [HOME_OFFICE] = "home office",
    [OFFICE] = "in office|on site|onsite",
    [MODEL_HYBRID] = "hybrid|hybride|hibrido",
    [MODEL_ONSITE] = "onsite|on site|in office|in person|office based|vor ort|sur site|presencial",
    /* A permanent contract is no contractor's. */
    [STEADY] = "permanent|full time|fulltime|part time|parttime|vast",
    [PASSING] = "intern|internship|working student|freelance|contractor|temporary|fixed term|temp|"
		"trainee|student|apprenticeship",
    [TYPES] = "intern|interns|internship|internships|praktikum|praktika|praktikant|praktikantin|"
	      "pflichtpraktikum|werkstudent|werkstudentin|working "
	      "student|student|stage|stagiaire|"
	      "stagiair|becario|beca|practicas|pasantia|tirocinio|tirocinante|estagio|estagiario|"
	      "praktik|trainee|traineeship|co op|coop|summer job|harjoittelu",
    [TYPES + 1] =
	"apprentice|apprenticeship|ausbildung|azubi|auszubildende|auszubildender|lehrling|"
	"lehre|"
	"apprenti|apprentissage|alternance|alternant|aprendiz|apprendistato|leerling|bbl|"
	"larling|duales studium|dual study",
    [TYPES + 2] = "volunteer|volunteering|voluntary|ehrenamt|ehrenamtlich|freiwillig|benevole|"
		  "benevolat|"
		  "voluntario|voluntariado|volontario|vrijwilliger|frivillig",
    [TYPES + 3] = "per diem|perdiem|prn",
    [TYPES + 4] = "contract|contractor|contractors|freelance|freelancer|freelancing|freiberuflich|"
		  "freie mitarbeit|selbstandig|self "
		  "employed|independent|independant|autonomo|b2b|zzp|"
		  "c2c|corp to corp|contratista|libera professione|partita iva|prestador|konsult",
    [TYPES + 5] =
	"temporary|temp|fixed term|fixedterm|seasonal|season|befristet|aushilfe|zeitarbeit|"
	"interim|interimaire|cdd|temporaire|saisonnier|temporal|temporario|temporanea|"
	"tempo determinato|tijdelijk|uitzend|visstid|tidsbegransad|vikariat|midlertidig|"
	"maternity cover|mini job|minijob",
    [TYPES + 6] = "full time|fulltime|vollzeit|vz|temps plein|plein temps|tempo pieno|tiempo "
		  "completo|"
		  "jornada completa|tempo integral|voltijd|voltijds|heltid|fuldtid|kokoaikainen|"
		  "tempo inteiro",
    [TYPES + 7] = "part time|parttime|teilzeit|tz|temps partiel|tempo parziale|tiempo parcial|"
		  "media jornada|jornada parcial|meio periodo|tempo "
		  "parcial|deeltijd|deeltijds|deltid|"
		  "osa aikainen",
    [TYPES + 8] = "permanent|festanstellung|unbefristet|cdi|indefinido|indeterminato|regular|"
		  "regular employee|vast|vast contract|tillsvidare|fast",
    [TYPES + 9] = "other|sonstige|sonstiges|autre|otro|altro|anders|outro",
    [PERIODS] = "hour|hourly|hours|hr|hrs|h|stunde|std|stundlich|stundenlohn|heure|horaire|hora|"
		"horas|"
		"por hora|ora|uur|per uur|timme|timlon|time|timelonn",
    [PERIODS + 1] =
	"day|daily|days|tag|tagessatz|taglich|jour|journalier|tjm|dia|diario|giorno|dag|"
	"per diem",
    [PERIODS + 2] = "week|weekly|weeks|woche|wochentlich|semaine|semana|settimana|vecka|uge|uke",
    [PERIODS + 3] =
	"month|monthly|months|mo|monat|monatlich|mtl|mois|mensuel|mes|mensual|mensal|mese|"
	"mensile|"
	"maand|per maand|manad|maned|kuukausi|kk",
    [PERIODS + 4] =
	"year|yearly|years|yr|annual|annually|annum|per annum|pa|p "
	"a|jahr|jahrlich|jahresgehalt|"
	"brutto jahr|an|annuel|annuels|ano|anual|anuales|anno|annuo|annui|annua|jaar|per "
	"jaar|ar|"
	"arslon|vuosi",
};
/* Of the lists from TYPES on: the first that has a phrase wins. */
static const jp_employment types[] = {JP_EMPLOYMENT_INTERNSHIP, JP_EMPLOYMENT_APPRENTICESHIP,
    JP_EMPLOYMENT_VOLUNTEER, JP_EMPLOYMENT_PER_DIEM, JP_EMPLOYMENT_CONTRACT,
    JP_EMPLOYMENT_TEMPORARY, JP_EMPLOYMENT_FULL_TIME, JP_EMPLOYMENT_PART_TIME,
    JP_EMPLOYMENT_FULL_TIME, JP_EMPLOYMENT_OTHER};
/* Those that are steady. */
#define FIRST_STEADY 6
#define LAST_STEADY  8

static const jp_phrases *
phrases(void)
{
	static const jp_phrases *once;

	return jp_phrases_of_lists(&once, lists, N_LISTS);
}

static gboolean
has(guint64 said, guint list)
{
	return (said >> list & 1) != 0;
}

/* Bytes of a field that says one of these. */
#define MAX_FIELD 300

/* A short field's tokens; none of what is much too long to be one. */
static void
field_tokens(jp_tokens *t, const char *text)
{
	if (text && strnlen(text, MAX_FIELD + 1) <= MAX_FIELD)
		jp_tokens_parse(t, text, -1);
}

/* ---- work models, types, periods ---------------------------------------------------------- */

static jp_remote
remote_of(const jp_tokens *t, guint64 said)
{
	gboolean remote =
	    has(said, REMOTE) || (t->n == 1 && strcmp(jp_tokens_at(t, 0), "fully") == 0);
	gboolean onsite;

	if (has(said, NO_REMOTE))
		return JP_REMOTE_ONSITE;
	if (has(said, HYBRID))
		return JP_REMOTE_HYBRID;
	/* "home office" is no office. */
	onsite = has(said, ONSITE) && !(remote && has(said, HOME_OFFICE) && !has(said, OFFICE));
	if (remote && onsite)
		return JP_REMOTE_HYBRID;
	return remote ? JP_REMOTE_REMOTE : onsite ? JP_REMOTE_ONSITE : JP_REMOTE_UNKNOWN;
}

jp_remote
jp_remote_read(const char *text)
{
	g_auto(jp_tokens) t = JP_TOKENS_INIT;

	field_tokens(&t, text);
	return remote_of(&t, jp_phrases_lists(phrases(), &t));
}

jp_remote
jp_remote_of_place(const char *text)
{
	g_auto(jp_tokens) t = JP_TOKENS_INIT;
	guint64 said;

	jp_tokens_parse(&t, text, -1);
	said = jp_phrases_lists(phrases(), &t);
	if (has(said, MODEL_HYBRID))
		return JP_REMOTE_HYBRID;
	if (has(said, MODEL_ONSITE))
		return JP_REMOTE_ONSITE;
	if (strnlen(text, MAX_FIELD + 1) > MAX_FIELD || remote_of(&t, said) != JP_REMOTE_REMOTE)
		return JP_REMOTE_UNKNOWN;
	return JP_REMOTE_REMOTE;
}

jp_employment
jp_employment_read(const char *text)
{
	g_auto(jp_tokens) t = JP_TOKENS_INIT;
	guint64 said;
	gboolean is_steady;

	field_tokens(&t, text);
	said = jp_phrases_lists(phrases(), &t);
	is_steady = has(said, STEADY) && !has(said, PASSING);
	for (guint i = 0; i < G_N_ELEMENTS(types); i++)
		if (has(said, TYPES + i) && (!is_steady || (i >= FIRST_STEADY && i <= LAST_STEADY)))
			return types[i];
	return JP_EMPLOYMENT_UNKNOWN;
}

jp_period
jp_period_of(const jp_tokens *t)
{
	const char *first = t->n ? jp_tokens_at(t, 0) : "";
	guint64 said;

	/* "2 WEEK" and "0.5 MONTH" are none of our periods. */
	if (g_ascii_isdigit(*first) && strcmp(first, "1") != 0)
		return JP_PERIOD_UNKNOWN;
	said = jp_phrases_lists(phrases(), t);
	for (guint i = 0; i < JP_PERIOD_YEAR; i++)
		if (has(said, PERIODS + i))
			return (jp_period)(JP_PERIOD_HOUR + i);
	return JP_PERIOD_UNKNOWN;
}

jp_period
jp_period_read(const char *text)
{
	g_auto(jp_tokens) t = JP_TOKENS_INIT;

	field_tokens(&t, text);
	return jp_period_of(&t);
}

/* ---- files of the build ------------------------------------------------------------------- */

const char *
jp_embedded_text(const char *name)
{
	for (const jp_embedded_file *f = jp_embedded; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f->data;
	g_error("%s is not part of this build", name);
}
