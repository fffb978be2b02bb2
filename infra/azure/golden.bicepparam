// The values of the golden snapshot: everything switched on, so that every resource shows.
using 'main.bicep'

param environmentName = 'golden'
param location = 'westeurope'
param principalId = '00000000-0000-0000-0000-00000000000a'
param alertEmail = 'operator@example.com'
param monthlyBudget = 50
param budgetStart = '2026-01-01'
param deviceLab = true
param labImage = 'slmops-lab:1'
