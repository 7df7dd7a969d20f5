"""The pages of people who store and use secrets: a face over the actions and policies that the API has, too."""
