import type { AcceptanceCase } from '../case.js'
import { abandonedCartCases } from './abandoned-cart.js'
import { appointmentCases } from './appointment.js'
import { countdownCases } from './countdown.js'
import { dunningCases } from './dunning.js'
import { orderReviewCases } from './order-review.js'
import { pausedCases } from './paused.js'
import { renewalCases } from './renewal.js'
import { salesCadenceCases } from './sales-cadence.js'
import { smsOptInCases } from './sms-opt-in.js'
import { testedOnboardingCases } from './tested-onboarding.js'
import { welcomeCases } from './welcome.js'
import { winBackCases } from './win-back.js'

/** Every story of every acceptance campaign. */
export const acceptanceCases: readonly AcceptanceCase[] = [
  ...welcomeCases,
  ...abandonedCartCases,
  ...dunningCases,
  ...appointmentCases,
  ...renewalCases,
  ...countdownCases,
  ...winBackCases,
  ...testedOnboardingCases,
  ...salesCadenceCases,
  ...smsOptInCases,
  ...orderReviewCases,
  ...pausedCases,
]
