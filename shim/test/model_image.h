/* The image that the random and the kill tests work on: small, three layers, one of everything. */
#ifndef LPMX_TEST_MODEL_IMAGE_H
#define LPMX_TEST_MODEL_IMAGE_H

#include "image.h"

#define FIFTY_N "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define LONG_NAME FIFTY_N FIFTY_N FIFTY_N FIFTY_N FIFTY_N "nnnnn" /* 255 bytes */

/* `limited`: without what only a true root can have (devices, other owners, set-id bits). */
const struct image *model_image(bool limited);

#endif
