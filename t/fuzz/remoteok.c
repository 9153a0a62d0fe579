/* Fuzzes the adapter remoteok; see board.h for the oracle. */
#include "board.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	return fuzz_board("remoteok", "all", data, len);
}
