/** Why: clients may sign for any region, as with most stores that speak S3; those that ask are told one. */
export const defaultRegion = 'us-east-1';
