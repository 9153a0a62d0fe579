/* Fuzzes the adapter smartrecruiters, listings and details; see board.h for the oracle. */
#include "board.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_page("smartrecruiters", "Tidewater", data, len);
	fuzz_detail("smartrecruiters", "Tidewater", data, len);
	return fuzz_board("smartrecruiters", "Tidewater", data, len);
}
