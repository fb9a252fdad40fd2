#ifndef CHIREDIS_SHIM_H
#define CHIREDIS_SHIM_H

// No pkg-config here: the package's .pc file carries -D_FILE_OFFSET_BITS, which SwiftPM rejects with a
// warning at every build.
#include <hiredis/hiredis.h>

#endif
