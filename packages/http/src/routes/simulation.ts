import { HttpProblem } from '../routing/problem.js'
import { apiRoute } from '../routing/route.js'
import { simulation, simulationInput, simulationView } from '../schemas/simulation.js'

/** Plays a campaign before anybody is written to. */
export const simulationRoutes = [
  apiRoute({
    method: 'POST',
    path: '/v1/campaigns/:campaignId/simulation',
    operation: 'simulateCampaign',
    summary: 'Plays the campaign on a virtual clock, by the engine that runs it. Nothing is sent.',
    access: { role: 'viewer', scope: 'campaigns:read' },
    audit: 'none',
    body: simulationInput,
    result: simulation,
    async run({ workspace, wiring, params, body }) {
      await workspace.campaigns.get(params.campaignId)
      if (wiring.simulate === null) {
        const detail = 'There is no simulation here: pass createHttp() the simulate of @drumbeat/simulate.'
        throw new HttpProblem(501, 'not_wired', detail)
      }
      return { body: simulationView(await wiring.simulate(workspace, params.campaignId, body)) }
    },
  }),
]
