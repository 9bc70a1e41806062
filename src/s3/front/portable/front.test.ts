import { frontConformance } from '../front.conformance.ts';

frontConformance('portable', { pipeline: 'cut' });
