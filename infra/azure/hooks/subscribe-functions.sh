#!/bin/sh
# Event Grid accepts a function as the destination of a subscription only when the function exists. So the first
# `azd up` provisions without the subscription to RolloutStart, deploys the code, and comes here to provision once more
# with it. From then on the main template holds it, and this does nothing.
set -eu

if [ "${SLMOPS_FUNCTIONS_DEPLOYED:-false}" = true ]; then
  exit 0
fi

echo "Subscribing RolloutStart to released models."
azd env set SLMOPS_FUNCTIONS_DEPLOYED true --environment "$AZURE_ENV_NAME"
if ! azd provision --no-prompt --environment "$AZURE_ENV_NAME"; then
  azd env set SLMOPS_FUNCTIONS_DEPLOYED false --environment "$AZURE_ENV_NAME"
  echo "RolloutStart is not subscribed: releases are made, but no rollout starts. Run 'azd up' again." >&2
  exit 1
fi
