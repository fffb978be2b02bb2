#!/bin/sh
# The functions went with the resource group: the next `azd up` begins with the first pass again.
set -eu

azd env set SLMOPS_FUNCTIONS_DEPLOYED false --environment "$AZURE_ENV_NAME"
